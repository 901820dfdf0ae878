import PlatformModel

/// The ports of a workload's service, by their names: what a Score resource of type `service` gives beside `name`.
package struct ServicePorts: Sendable, Hashable, Codable {
    /// Only ports that are plain numbers: what a placeholder makes is not known where others read it.
    package var ports: [String: Int]

    /// Nil where the workload has none.
    init?(of workload: Workload) {
        let written = workload.spec["service"]?["ports"]?.object ?? [:]
        ports = written.compactMapValues { Self.number($0["service_port"]) }
        if ports.isEmpty { return nil }
    }

    private static func number(_ value: JSON?) -> Int? {
        switch value {
        case .int(let number): Int(exactly: number)
        case .string(let text): Int(text)
        default: nil
        }
    }

    /// - Parameter path: after `modules.NAME.service`: `port`, of a service that has only one, or `ports.NAME`.
    func port(at path: [String], of workload: String) throws(LookupFailure) -> Int {
        let names = ports.keys.sorted()
        let list = names.map { "\($0) (\(ports[$0, default: 0]))" }.joined(separator: ", ")
        if path == ["port"] {
            if let only = ports.first, ports.count == 1 { return only.value }
            throw LookupFailure(
                "PLAN-102", "the service of workload '\(workload)' has several ports, \(list): write 'ports.NAME'",
                suggestion: names.first.map { "ports.\($0)" })
        }
        let name = path.dropFirst().joined(separator: ".")
        guard let port = ports[name] else {
            throw LookupFailure(
                "PLAN-102", "the service of workload '\(workload)' has no port '\(name)'; it has \(list)",
                suggestion: nearestName(to: name, among: names).map { "ports.\($0)" })
        }
        return port
    }
}
