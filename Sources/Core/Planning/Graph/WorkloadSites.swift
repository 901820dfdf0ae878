/// Where in a workload's spec placeholders are read. An image, a command, its arguments and probes are taken as they are: a
/// shell's own `${HOME}` stands there (Score says the same of them).
enum WorkloadSites {
    private static let literal: Set<String> = [
        "id", "image", "command", "args", "liveness_probe", "readiness_probe", "startup_probe", "resources",
    ]

    /// - Parameter path: from the spec: `containers`, `web`, `variables`, `DB_HOST`.
    static func reads(_ path: some Collection<String>) -> Bool {
        guard path.count >= 3, let first = path.first, first == "containers" || first == "init_containers" else { return true }
        return !literal.contains(path[path.index(path.startIndex, offsetBy: 2)])
    }

    /// The dependency that a volume mount names without a placeholder: `containers.web.volume_mounts./data.id: externals.disk`.
    static func dependencyName(at path: some Collection<String>, _ text: String) -> Placeholder? {
        guard path.contains("volume_mounts"), text.hasPrefix("externals.") || text.hasPrefix("shared.") else { return nil }
        let parts = text.split(separator: ".").map(String.init)
        return parts.count == 2 ? Placeholder(path: parts) : nil
    }
}
