import Subprocess
import SystemPackage

/// A command run to its end.
package struct CommandRun: Sendable {
    package let output: String
    package let error: String
    package let code: Int32

    package init(_ words: [String]) async throws {
        let result = try await Subprocess.run(
            words[0].contains("/") ? .path(FilePath(words[0])) : .name(words[0]),
            arguments: Arguments(Array(words.dropFirst())), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        output = result.standardOutput
        error = result.standardError
        code = if case .exited(let code) = result.terminationStatus { code } else { -1 }
    }

    /// `curl` on a Unix socket: the body, a line break, the status. As another user when one is named.
    package static func curl(_ socket: String, _ path: String, _ options: [String] = [], as user: String? = nil) async throws
        -> CommandRun
    {
        let drop = user.map { ["setpriv", "--reuid", $0, "--clear-groups", "--"] } ?? []
        return try await CommandRun(
            drop + ["curl", "-sS", "-m", "30", "-w", "\\n%{http_code}", "--unix-socket", socket] + options + [
                "http://room" + path
            ])
    }

    /// The status that `curl` wrote last.
    package var status: String { output.split(separator: "\n").last.map(String.init) ?? "" }
}
