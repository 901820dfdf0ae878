extension ConfigSection {
    /// The path of a Unix socket that must be given.
    package func socket(_ key: String) -> String { checked(string(key), key) }

    /// The path of a Unix socket.
    package func socket(_ key: String, default fallback: String) -> String { checked(string(key, default: fallback), key) }

    /// Where a room listens; by default where its unit puts it.
    package func socket(ofRoom room: String) -> String { socket(room, default: "/run/martlet/\(room).sock") }

    private func checked(_ path: String, _ key: String) -> String {
        // sun_path holds 108 bytes with its NUL.
        if path.utf8.count > 107 { problem(key, "a socket's path has at most 107 bytes") }
        if !path.isEmpty, !path.hasPrefix("/") { problem(key, "a socket's path begins with /") }
        return path
    }
}
