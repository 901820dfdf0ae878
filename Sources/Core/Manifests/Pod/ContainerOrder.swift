import PlatformModel

/// Which containers come before the others that their `before` names: they become init containers, those that are to run on beside the
/// others with `restartPolicy: Always` (Kubernetes 1.29).
struct ContainerOrder {
    enum Role: Hashable {
        case main
        /// Ends before the next one starts.
        case initial
        /// Starts before the next one; `healthy`: and is ready.
        case sidecar(healthy: Bool)
    }

    /// Init containers in their order, then the others by name.
    private(set) var names: [String] = []
    private(set) var roles: [String: Role] = [:]

    init(_ containers: [String: JSON], _ problems: inout ProblemList) {
        var earlier: [String: [String]] = [:]
        for name in containers.keys.sorted() {
            roles[name] = roles[name] ?? .main
            for (other, condition) in (containers[name]?["before"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
                let path = "spec.containers.\(name).before.\(other)"
                guard containers[other] != nil, other != name else {
                    problems.add(
                        "110", path, "there is no other container '\(other)'",
                        suggestion: nearestName(to: other, among: containers.keys))
                    continue
                }
                guard let role = Self.role(condition["ready"]?.string ?? "", path, &problems) else { continue }
                earlier[other, default: []].append(name)
                roles[name] = Self.stronger(roles[name] ?? .main, role)
            }
        }
        order(containers.keys.sorted(), earlier, &problems)
    }

    private static func role(_ ready: String, _ path: String, _ problems: inout ProblemList) -> Role? {
        switch ready {
        case "complete": return .initial
        case "started": return .sidecar(healthy: false)
        case "healthy": return .sidecar(healthy: true)
        default:
            let known = ["started", "healthy", "complete"]
            problems.add(
                "110", "\(path).ready", "'\(ready)' is not one of \(known.joined(separator: ", "))",
                suggestion: nearestName(to: ready, among: known))
            return nil
        }
    }

    private static func stronger(_ left: Role, _ right: Role) -> Role {
        if left == .initial || right == .initial { return .initial }
        if left == .sidecar(healthy: true) || right == .sidecar(healthy: true) { return .sidecar(healthy: true) }
        return left == .main ? right : left
    }

    /// Each init container after those that come before it.
    private mutating func order(_ all: [String], _ earlier: [String: [String]], _ problems: inout ProblemList) {
        var waiting = all.filter { roles[$0] != .main }
        while !waiting.isEmpty {
            guard let next = waiting.first(where: { name in earlier[name, default: []].allSatisfy { !waiting.contains($0) } })
            else {
                problems.add("110", "spec.containers", "the containers \(waiting.joined(separator: ", ")) wait for each other")
                break
            }
            names.append(next)
            waiting.removeAll { $0 == next }
        }
        names += all.filter { roles[$0] == .main }
    }

    func isInitial(_ name: String) -> Bool { roles[name] != .main }

    /// What the role adds to a rendered container.
    func complete(_ container: JSON, _ name: String, _ problems: inout ProblemList) -> JSON {
        guard case .sidecar(let healthy)? = roles[name] else { return container }
        var container = container
        container["restartPolicy"] = "Always"
        if healthy, container["startupProbe"] == nil {
            guard let probe = container["readinessProbe"] ?? container["livenessProbe"] else {
                problems.add(
                    "110", "spec.containers.\(name)",
                    "another container waits until this one is healthy: give it a readiness probe")
                return container
            }
            container["startupProbe"] = probe
        }
        return container
    }
}
