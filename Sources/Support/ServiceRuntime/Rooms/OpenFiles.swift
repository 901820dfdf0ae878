import Glibc

/// The process's limit of open files, and what of it connections may take: the rest is for databases, other rooms, and health.
enum OpenFiles {
    private static let reserve = 192
    private static let most = 16_384

    /// As many as the system lets this process have.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(most))
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Connections that each of so many listeners may have open.
    static func connections(_ wanted: Int, listeners: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        return connections(wanted, listeners: listeners, limit: Int(clamping: limit.rlim_cur))
    }

    static func connections(_ wanted: Int, listeners: Int, limit: Int) -> Int {
        min(wanted, max(16, (limit - reserve) / max(1, listeners)))
    }
}
