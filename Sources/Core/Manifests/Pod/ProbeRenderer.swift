import PlatformModel

/// A probe of the spec as Kubernetes has it.
enum ProbeRenderer {
    private static let timings = [
        "initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold",
        "terminationGracePeriodSeconds",
    ]
    private static let keys: [String: [String]] = [
        "http": ["path", "port", "scheme", "host", "headers"], "command": ["command"], "tcp": ["port"],
        "grpc": ["port", "service"],
    ]

    static func render(_ probe: JSON, _ path: String, _ problems: inout ProblemList) -> JSON? {
        guard let members = probe.object else {
            problems.add("102", path, "a map is needed, not a \(probe.kind)")
            return nil
        }
        let type = members["type"]?.string ?? ""
        guard let known = keys[type] else {
            problems.add(
                "103", "\(path).type", "'\(type)' is not one of command, grpc, http, tcp",
                suggestion: nearestName(to: type, among: keys.keys))
            return nil
        }
        for key in members.keys.sorted() where key != "type" && !known.contains(key) && !timings.contains(key) {
            problems.unknown(key, path, among: ["type"] + known + timings)
        }
        var out = members.filter { timings.contains($0.key) }
        switch type {
        case "http": out["httpGet"] = http(members)
        case "command": out["exec"] = ["command": members["command"] ?? []]
        case "tcp": out["tcpSocket"] = ["port": members["port"] ?? .null]
        default: out["grpc"] = .object(members.filter { known.contains($0.key) })
        }
        if type != "command", members["port"]?.int.map({ (1...65535).contains($0) }) != true {
            problems.add("103", "\(path).port", "a port from 1 to 65535 is needed")
        }
        if type == "command", members["command"]?.array?.isEmpty != false {
            problems.add("103", "\(path).command", "a list of words is needed")
        }
        return .object(out)
    }

    /// `host` is the request's `Host`, as Score says; the address is always the pod's own. A header that is sent several times has a list.
    private static func http(_ members: [String: JSON]) -> JSON {
        var get: [String: JSON] = ["path": members["path"] ?? "/", "port": members["port"] ?? .null]
        get["scheme"] = members["scheme"]
        var headers = members["headers"]?.object ?? [:]
        if let host = members["host"] { headers["Host"] = host }
        if !headers.isEmpty {
            get["httpHeaders"] = .array(
                headers.sorted { $0.key < $1.key }.flatMap { name, value in
                    (value.array ?? [value]).map { ["name": .string(name), "value": $0] as JSON }
                })
        }
        return .object(get)
    }
}
