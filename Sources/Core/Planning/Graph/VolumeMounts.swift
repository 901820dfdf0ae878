/// The dependency that a volume mount names without a placeholder: `containers.web.volume_mounts./data.id: externals.disk`.
enum VolumeMounts {
    /// - Parameter path: from the spec.
    static func dependency(at path: some Collection<String>, _ text: String) -> Placeholder? {
        path.contains("volume_mounts") ? dependency(text) : nil
    }

    /// `externals.NAME` or `shared.KEY`.
    static func dependency(_ text: String) -> Placeholder? {
        guard let dot = text.firstIndex(of: ".") else { return nil }
        let family = String(text[..<dot]), name = String(text[text.index(after: dot)...])
        guard family == "externals" || family == "shared", !name.isEmpty else { return nil }
        return Placeholder(path: [family, name])
    }
}
