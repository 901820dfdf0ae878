import PlatformModel

/// Kubernetes: what runs pods becomes a workload; services, config maps, secrets, claims and ingresses become parts of it.
extension ScoreImporter {
    mutating func read(kubernetes objects: KubernetesObjects) throws(ImportRefusal) {
        var used = KubernetesUse(), names: [String] = [], hosts: [String: String] = [:]
        for workload in objects.workloads {
            let name = workloadNames.take(ScoreName.label(workload.name))
            names.append(name)
            for (service, node) in objects.services(selecting: workload.labels) where hosts[service] == nil {
                let full = "\(service).\(node["metadata"]?["namespace"]?.text ?? "default")"
                for host in [service, full, "\(full).svc", "\(full).svc.cluster.local"] { hosts[host] = name }
            }
        }
        let paths = Self.paths(of: objects.ingresses)
        for (workload, name) in zip(objects.workloads, names) {
            if name != workload.name { log.changed(workload.node, "the workload's name is '\(name)'") }
            var converter = PodConverter(
                importer: self, objects: objects, used: used, hosts: hosts, paths: paths, draft: WorkloadDraft(name: name))
            try converter.convert(workload)
            (self, used) = (converter.importer, converter.used)
            drafts.append(converter.draft)
        }
        for (name, node) in objects.services where !used.services.contains(name) {
            log.dropped(node, "no workload of these files has the labels that this Service selects")
        }
        for (service, paths) in paths.sorted(by: { $0.key < $1.key }) where !used.backends.contains(service) {
            for path in paths {
                log.dropped(
                    path.node, "the Ingress '\(path.ingress)' leads to the Service '\(service)', which is not in these files")
            }
        }
        for (name, map) in objects.configMaps.sorted(by: { $0.key < $1.key }) where !used.configMaps.contains(name) {
            log.dropped(map.node, "no workload of these files uses this ConfigMap")
        }
        for (name, node) in objects.claims.sorted(by: { $0.key < $1.key }) where !used.claims.contains(name) {
            log.dropped(node, "no workload of these files uses this claim")
        }
    }

    /// A path of an Ingress and where it leads.
    struct IngressPath {
        var ingress: String
        /// The whole Ingress.
        var object: SourceNode
        var node: SourceNode
        var host: String?
        var path: String
        var port: SourceNode?
    }

    /// Service -> the paths that lead to it.
    private static func paths(of ingresses: [(name: String, node: SourceNode)]) -> [String: [IngressPath]] {
        var paths: [String: [IngressPath]] = [:]
        for (name, object) in ingresses {
            func add(_ backend: SourceNode, host: String?, path: String) {
                // The older form has the names beside each other.
                guard let service = backend["service"]?["name"]?.text ?? backend["serviceName"]?.text else { return }
                let port =
                    backend["service"]?["port"]?["number"] ?? backend["service"]?["port"]?["name"] ?? backend["servicePort"]
                paths[service, default: []].append(
                    IngressPath(ingress: name, object: object, node: backend, host: host, path: path, port: port))
            }
            for rule in object["spec"]?["rules"]?.elements ?? [] {
                for path in rule["http"]?["paths"]?.elements ?? [] {
                    if let backend = path["backend"] { add(backend, host: rule["host"]?.text, path: path["path"]?.text ?? "/") }
                }
            }
            if let backend = object["spec"]?["defaultBackend"] ?? object["spec"]?["backend"] {
                add(backend, host: nil, path: "/")
            }
        }
        return paths
    }
}

/// Which objects some workload has taken something of.
struct KubernetesUse {
    var services: Set<String> = []
    var backends: Set<String> = []
    var configMaps: Set<String> = []
    var claims: Set<String> = []
    var ingresses: Set<String> = []
    /// Shared values that were told to be created.
    var values: Set<String> = []
}
