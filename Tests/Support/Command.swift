import Glibc

/// Runs a program to its end, for what a test looks at from outside.
package enum Command {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What it printed (standard output, up to 1 MiB), whatever its exit code.
    package static func output(_ program: String, _ arguments: [String]) throws -> String { try run(program, arguments).output }

    package static func run(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        var pipe: [Int32] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else { throw Failure(description: "pipe: \(errno)") }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, nil, words, environ)
        close(pipe[1])
        defer { close(pipe[0]) }
        guard code == 0 else { throw Failure(description: "\(program): \(code)") }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 65536)
        while bytes.count < 1 << 20 {
            let count = chunk.withUnsafeMutableBytes { read(pipe[0], $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return ((status >> 8) & 0xff, String(decoding: bytes, as: UTF8.self))
    }
}
