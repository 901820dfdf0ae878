import Glibc

/// One of our programs as a real process, found beside the test program. Killed with its last reference.
package final class ProgramProcess: Sendable {
    package let pid: pid_t
    private let log: String

    /// - Parameters:
    ///   - name: One of ours, or the path of another program.
    ///   - environment: All of it, beside `PATH`.
    ///   - passing: Listening sockets for `LISTEN_FDS`, with their names.
    ///   - through: Words before the program, such as `setpriv` with its options: what they start becomes the program.
    ///   - log: The file that gets its output and errors.
    package init(
        _ name: String, arguments: [String], environment: [String: String] = [:],
        passing: [(descriptor: Int32, name: String)] = [], through: [String] = [], log: String
    ) throws {
        self.log = log
        var all = ["PATH": "/usr/bin:/bin"]
        if !passing.isEmpty {
            all["LISTEN_FDS"] = "\(passing.count)"
            all["LISTEN_FDNAMES"] = passing.map(\.name).joined(separator: ":")
        }
        all.merge(environment) { _, new in new }
        // The shell knows the pid that LISTEN_PID and WATCHDOG_PID must name.
        let script = "export LISTEN_PID=$$ WATCHDOG_PID=$$; exec \"$@\""
        let words =
            ["/bin/sh", "-c", script, "sh"] + through + [name.hasPrefix("/") ? name : Self.folder + "/" + name] + arguments
        pid = try Self.spawn(words, all, passing.map(\.descriptor), output: log)
    }

    deinit {
        kill(SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    package func kill(_ signal: Int32) { _ = Glibc.kill(pid, signal) }

    /// The exit code, or 128 and the signal.
    package func exit(within limit: Duration = .seconds(60)) async throws -> Int32 {
        let status: Int32 = try await eventually(within: limit, "the exit of the program") {
            var info = siginfo_t()
            // The zombie stays, so that its pid is nobody else's while this object lives.
            guard waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0, info.si_signo == SIGCHLD else { return nil }
            let status = info._sifields._sigchld.si_status
            return info.si_code == CLD_EXITED ? status : 128 + status
        }
        return status
    }

    /// What it wrote on standard output and error.
    package var output: String {
        let descriptor = open(log, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    /// Where the programs of this build are: the folder of the test program.
    package static var folder: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = max(0, readlink("/proc/self/exe", &path, path.count - 1))
        let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    }

    private static func spawn(_ words: [String], _ environment: [String: String], _ passed: [Int32], output: String) throws
        -> pid_t
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Through numbers above all of them first: a passed descriptor may already have the number of another's place.
        let high = max(200, (passed.max() ?? 0) + 1)
        for (index, descriptor) in passed.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, high + Int32(index))
        }
        for index in passed.indices {
            posix_spawn_file_actions_adddup2(&actions, high + Int32(index), 3 + Int32(index))
            posix_spawn_file_actions_addclose(&actions, high + Int32(index))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // POSIX_SPAWN_SETSID, which Glibc declares only for GNU sources.
        posix_spawnattr_setflags(&attributes, 0x80)
        var argv = words.map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, "/bin/sh", &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw SystemFailure("posix_spawn", code) }
        return pid
    }
}
