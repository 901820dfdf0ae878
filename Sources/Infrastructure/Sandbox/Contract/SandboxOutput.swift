/// One line that a job printed.
package struct SandboxOutput: Sendable, Hashable {
    package enum Stream: Sendable, Hashable { case standardOutput, standardError }

    package var stream: Stream
    /// Without its line end; bytes that are no UTF-8 are replaced.
    package var line: String

    package init(stream: Stream, line: String) {
        self.stream = stream
        self.line = line
    }
}
