import PlatformModel
import YAML

/// A workload on its way to a Score file.
struct WorkloadDraft {
    struct Port: Hashable {
        var port: Int
        /// The container's port, where it is another one.
        var target: Int?
        var isUDP = false
    }

    let name: String
    var annotations: [String: String] = [:]
    private(set) var ports: [String: Port] = [:]
    var containers: [String: ContainerDraft] = [:]
    private(set) var resources: [String: JSON] = [:]
    /// What several workloads may have in common -> the resource that it is here.
    private(set) var sharing: [String: String] = [:]
    /// `profile`, `spec` and `deploy` of an extensions file.
    var extensions: [String: JSON] = [:]
    private var resourceNames = NameSet(reserved: [values])
    private var portNames = NameSet()
    private var knownPorts: Set<Port> = []

    init(name: String) { self.name = name }

    /// The resource through which shared values and secrets are read; no other one gets its name.
    private static let values = "env"

    /// A shared value or secret of the environment.
    mutating func value(_ key: String) -> ScoreTemplate {
        resources[Self.values] = ["type": "environment"]
        return .value(key)
    }

    /// Sees to it that the resource behind every value in a text is declared.
    mutating func use(_ template: ScoreTemplate) {
        for part in template.parts where part.isReference && part.text.hasPrefix("env.") {
            resources[Self.values] = ["type": "environment"]
        }
    }

    /// Declares a resource, once for a key of sharing. Answers its name.
    mutating func resource(_ wanted: String, _ resource: JSON, sharing key: String? = nil) -> String {
        if let key, let name = sharing[key] { return name }
        let name = resourceNames.take(ScoreName.label(wanted, suffix: "resource"))
        resources[name] = resource
        if let key { sharing[key] = name }
        return name
    }

    /// Gives a shared resource the id that makes it one with that of other workloads.
    mutating func share(_ resource: String, id: String) { resources[resource]?["id"] = .string(id) }

    /// Declares a port of the service under a name of its own; the same port once.
    mutating func add(port: Port, named wanted: String? = nil) {
        guard knownPorts.insert(port).inserted else { return }
        let name = ScoreName.label(wanted ?? "\(port.isUDP ? "udp" : "tcp")-\(port.port)", suffix: "port")
        ports[portNames.take(name)] = port
    }

    /// Sets a member of the extension's spec.
    mutating func extend(_ key: String, _ value: JSON) {
        var spec = extensions["spec"] ?? [:]
        spec[key] = value
        extensions["spec"] = spec
    }

    var score: JSON {
        var metadata: JSON = ["name": .string(name)]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations.mapValues { .string($0) }) }
        var members: [String: JSON] = [
            "apiVersion": "score.dev/v1b1", "metadata": metadata, "containers": .object(containers.mapValues(\.json)),
        ]
        if !ports.isEmpty {
            members["service"] = [
                "ports": .object(
                    ports.mapValues { port in
                        var value: JSON = ["port": .int(Int64(port.port))]
                        if let target = port.target, target != port.port { value["targetPort"] = .int(Int64(target)) }
                        if port.isUDP { value["protocol"] = "UDP" }
                        return value
                    })
            ]
        }
        if !resources.isEmpty { members["resources"] = .object(resources) }
        return .object(members)
    }

    /// The files as they are written.
    var workload: ImportedWorkload {
        let order = [
            "apiVersion", "metadata", "name", "annotations", "service", "containers", "image", "command", "args", "type", "class",
            "id",
        ]
        let writer = YAMLWriter(firstKeys: order + ["profile", "spec", "deploy"])
        var extended: JSON?
        if !extensions.isEmpty { extended = .object(extensions.merging(["apiVersion": "humanitec.org/v1b1"]) { old, _ in old }) }
        let score = score
        return ImportedWorkload(
            name: name, score: score, text: writer.text(of: score), extensions: extended,
            extensionsText: extended.map { writer.text(of: $0) })
    }
}
