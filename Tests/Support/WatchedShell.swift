import Glibc

/// A shell script in a session of its own that reads commands from this process. When this process ends, however it
/// ends, the kernel closes the connection, and the script ends what it started: no server outlives its test.
package final class WatchedShell: Sendable {
    package let processID: pid_t
    private let commands: Int32
    /// POSIX_SPAWN_SETSID of spawn.h, which Glibc's module does not show.
    private static let newSession: Int16 = 0x80

    /// - Parameter script: Run by `/bin/sh -c` with `arguments` as `$1`...; it reads lines from standard input until its end.
    package init(_ script: String, arguments: [String], log: String) throws {
        var ends: [Int32] = [0, 0]
        // A pair of sockets, since only these can be made close-on-exec at once here: a child that another thread starts
        // at this moment must not inherit an end and hold it open.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemFailure("socketpair", errno)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var argv = (["/bin/sh", "-c", script, "sh"] + arguments).map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        var processID = pid_t()
        let code = posix_spawn(&processID, "/bin/sh", &actions, &attributes, &argv, environ)
        close(ends[0])
        guard code == 0 else {
            close(ends[1])
            throw SystemFailure("posix_spawn", code)
        }
        self.processID = processID
        commands = ends[1]
    }

    /// Ends the script: it sees the end of its input.
    deinit {
        close(commands)
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
    }

    package func send(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = Glibc.send(commands, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
