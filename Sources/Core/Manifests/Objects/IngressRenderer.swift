import PlatformModel

/// The `ingress` of a spec: `{rules: {externals.NAME | shared.KEY | HOST: {http: {PATH: {port, type: prefix | exact | default}}}}}`, with
/// `class`, `tls_secret_name`, `labels` and `annotations` beside the rules.
struct IngressRenderer {
    private static let known = ["rules", "class", "tls_secret_name", "labels", "annotations"]
    private static let pathTypes = ["prefix": "Prefix", "exact": "Exact", "default": "ImplementationSpecific"]

    let workload: String
    /// Name of a dependency -> its host.
    let hosts: [String: String]
    /// Names of the service's ports.
    let ports: Set<String>

    /// The fields of an Ingress' spec; nil where there are no rules.
    func render(_ ingress: JSON?, _ problems: inout ProblemList) -> JSON? {
        guard let ingress, !ingress.isNull else { return nil }
        guard let members = ingress.object else {
            problems.add("102", "spec.ingress", "a map is needed, not a \(ingress.kind)")
            return nil
        }
        for key in members.keys.sorted() where !Self.known.contains(key) {
            problems.unknown(key, "spec.ingress", among: Self.known)
        }
        let rules = (members["rules"]?.object ?? [:]).sorted { $0.key < $1.key }
            .compactMap { rule($0.key, $0.value, &problems) }
        guard !rules.isEmpty else { return nil }
        var fields: [String: JSON] = ["rules": .array(rules)]
        fields["ingressClassName"] = members["class"]
        if let secret = members["tls_secret_name"] {
            fields["tls"] = [["hosts": .array(rules.compactMap { $0["host"] }), "secretName": secret]]
        }
        return .object(fields)
    }

    private func rule(_ name: String, _ rule: JSON, _ problems: inout ProblemList) -> JSON? {
        let place = "spec.ingress.rules.\(name)"
        let isResource = name.hasPrefix("externals.") || name.hasPrefix("shared.")
        guard let host = hosts[name] ?? (isResource ? nil : name) else {
            problems.add(
                "104", place, "the resource '\(name)' has no output 'host'", suggestion: nearestName(to: name, among: hosts.keys))
            return nil
        }
        guard let paths = rule["http"]?.object, !paths.isEmpty else {
            problems.add("103", "\(place).http", "a map of paths is needed, such as {\"/\": {port: 80, type: prefix}}")
            return nil
        }
        let list = paths.sorted { $0.key < $1.key }.compactMap { path($0.key, $0.value, place, &problems) }
        return ["host": .string(host), "http": ["paths": .array(list)]]
    }

    private func path(_ path: String, _ settings: JSON, _ place: String, _ problems: inout ProblemList) -> JSON? {
        let place = "\(place).http.\(path)"
        let type = settings["type"]?.string ?? "prefix"
        guard let pathType = Self.pathTypes[type] else {
            problems.add(
                "103", "\(place).type", "'\(type)' is not one of \(Self.pathTypes.keys.sorted().joined(separator: ", "))",
                suggestion: nearestName(to: type, among: Self.pathTypes.keys))
            return nil
        }
        guard path.hasPrefix("/") else {
            problems.add("103", place, "a path begins with '/'")
            return nil
        }
        let port: JSON
        if let number = settings["port"]?.int, (1...65535).contains(number) {
            port = ["number": .int(Int64(number))]
        } else if let name = settings["port"]?.string, ports.contains(name) {
            port = ["name": .string(name)]
        } else {
            problems.add("103", "\(place).port", "a port from 1 to 65535, or the name of one of the service's, is needed")
            return nil
        }
        return [
            "path": .string(path), "pathType": .string(pathType),
            "backend": ["service": ["name": .string(workload), "port": port]],
        ]
    }
}
