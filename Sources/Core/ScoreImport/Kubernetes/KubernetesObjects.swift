/// The objects of all manifests, by kind and name.
struct KubernetesObjects {
    struct Workload {
        var kind: String
        var name: String
        var node: SourceNode
        /// The template's metadata and spec; those of the object itself for a Pod.
        var metadata: SourceNode?
        var pod: SourceNode

        var labels: [String: String] {
            Dictionary(
                (metadata?["labels"]?.entries ?? []).map { ($0.key, $0.value.text ?? "") }, uniquingKeysWith: { _, last in last })
        }
    }

    /// A ConfigMap with its keys in order.
    struct ConfigMap {
        let node: SourceNode
        let keys: [String]
        let texts: [String: SourceNode]
        let binaries: [String: SourceNode]

        init(_ node: SourceNode) {
            self.node = node
            let data = node["data"]?.entries ?? [], binary = node["binaryData"]?.entries ?? []
            keys = (data + binary).map(\.key)
            texts = Dictionary(data.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            binaries = Dictionary(binary.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private(set) var workloads: [Workload] = []
    private(set) var services: [(name: String, node: SourceNode)] = []
    /// `KEY=VALUE` of a selector -> the services that have it first.
    private var selecting: [String: [Int]] = [:]
    private(set) var ingresses: [(name: String, node: SourceNode)] = []
    private(set) var configMaps: [String: ConfigMap] = [:]
    /// Secret -> the names of its keys: the values are never looked at.
    private(set) var secretKeys: [String: [String]] = [:]
    private(set) var claims: [String: SourceNode] = [:]

    /// More objects in one import are a whole cluster.
    private static let limit = 5000
    private var count = 0

    static func isObject(_ node: SourceNode) -> Bool {
        guard node["kind"]?.text != nil, let version = node["apiVersion"]?.text else { return false }
        return !version.hasPrefix("score.")
    }

    /// Takes an object in, and those of a list.
    mutating func add(_ node: SourceNode, _ log: inout ImportLog, depth: Int = 0) {
        let kind = node["kind"]?.text ?? "", name = node["metadata"]?["name"]?.text ?? node["metadata"]?["generateName"]?.text
        if kind == "List" || kind.hasSuffix("List"), let items = node["items"]?.elements, depth < 3 {
            for item in items { add(item, &log, depth: depth + 1) }
            return
        }
        count += 1
        guard count <= Self.limit else {
            if count == Self.limit + 1 { log.dropped(node, "at most \(Self.limit) objects are read at once") }
            return
        }
        guard let name else { return log.wrong(node, "the object has no name") }
        let node = SourceNode(node.node, file: node.file, path: ["\(kind)/\(name)"], mark: node.mark)
        if let namespace = node["metadata"]?["namespace"], namespace.text != "default" {
            log.dropped(namespace, "the environment decides the namespace")
        }
        switch kind {
        case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job":
            add(kind, name, node, node["spec"]?["template"], &log)
        case "CronJob": add(kind, name, node, node["spec"]?["jobTemplate"]?["spec"]?["template"], &log)
        case "Pod": add(kind, name, node, node, &log)
        case "Service":
            if let first = node["spec"]?["selector"]?.entries?.first {
                selecting["\(first.key)=\(first.value.text ?? "")", default: []].append(services.count)
            }
            services.append((name, node))
        case "Ingress": ingresses.append((name, node))
        case "ConfigMap": configMaps[name] = ConfigMap(node)
        case "Secret":
            let keys = (node["data"]?.entries ?? []).map(\.key) + (node["stringData"]?.entries ?? []).map(\.key)
            secretKeys[name] = Set(keys).sorted()
        case "PersistentVolumeClaim":
            claims[name] = node
            for key in ["storageClassName", "accessModes", "selector", "volumeName"] {
                guard let value = node["spec"]?[key] else { continue }
                log.dropped(value, "class and access modes of a volume: the definition of the type 'volume' decides them")
            }
        case "Namespace": log.dropped(node, "the environment decides the namespace")
        default: log.dropped(node, "objects of the kind '\(kind)' are not taken over; a definition can bring them along")
        }
    }

    private mutating func add(_ kind: String, _ name: String, _ node: SourceNode, _ template: SourceNode?, _ log: inout ImportLog)
    {
        guard let pod = template?["spec"] else { return log.wrong(node, "the \(kind) '\(name)' has no pod template") }
        workloads.append(Workload(kind: kind, name: name, node: node, metadata: template?["metadata"], pod: pod))
    }

    /// The services whose selector fits the labels of a pod.
    func services(selecting labels: [String: String]) -> [(name: String, node: SourceNode)] {
        labels.flatMap { selecting["\($0.key)=\($0.value)"] ?? [] }.sorted().map { services[$0] }.filter { service in
            (service.node["spec"]?["selector"]?.entries ?? []).allSatisfy { labels[$0.key] == $0.value.text ?? "" }
        }
    }
}
