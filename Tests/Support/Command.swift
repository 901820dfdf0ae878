import Glibc

/// Runs a program to its end, for what a test looks at from outside.
package enum Command {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What it printed on standard output, whatever its exit code.
    package static func output(_ program: String, _ arguments: [String]) throws -> String { try run(program, arguments).output }

    package static func run(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        // A file, no pipe: another thread's child that was started at this moment would inherit an end of it, and hold it open.
        let folder = try TemporaryFolder("command")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, folder.file("output"), O_WRONLY | O_CREAT, 0o600)
        let words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, nil, words, environ)
        guard code == 0 else { throw Failure(description: "\(program): \(code)") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return ((status >> 8) & 0xff, folder.read("output") ?? "")
    }
}
