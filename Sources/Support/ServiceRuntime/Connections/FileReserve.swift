import Glibc

/// How many of the files that the process may open are kept from connections: for databases, other rooms, files.
struct FileReserve: Sendable, Hashable {
    /// What a listener of the network leaves: other rooms and root come in by the Unix socket, whoever asks from outside.
    static let network = FileReserve(files: 192, share: 2)
    /// What every listener leaves.
    static let last = FileReserve(files: 32, share: 8)

    private let files: Int
    private let share: Int

    /// - Parameters:
    ///   - files: So many.
    ///   - share: But no more than this part of all.
    private init(files: Int, share: Int) {
        self.files = files
        self.share = share
    }

    /// Of so many that may be open.
    func size(of limit: Int) -> Int { min(files, limit / share) }

    /// Whether one more file still leaves the reserve. The kernel gives the lowest free number, and the limit is one of numbers: so who
    /// takes none from here on leaves them to the others. Looked at anew each time, since the limit may be set while we run (prlimit(1)).
    var isLeft: Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return true }
        let next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
        // Where nothing can be said, accepting itself tells.
        guard next >= 0 else { return errno != EMFILE && errno != ENFILE }
        close(next)
        let most = Int(clamping: limit.rlim_cur)
        return Int(next) < most - size(of: most)
    }
}
