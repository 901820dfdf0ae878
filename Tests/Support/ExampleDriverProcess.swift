/// `docs/examples/http-driver/driver.py` as a real process on a free port of loopback; it keeps its files in a folder of its own.
package final class ExampleDriverProcess: Sendable {
    package let folder: TemporaryFolder
    /// `http://127.0.0.1:PORT/`.
    package let url: String
    private let process: ProgramProcess

    package init() async throws {
        let folder = try TemporaryFolder("http-driver")
        let script =
            String(#filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()) + "/docs/examples/http-driver/driver.py"
        let process = try ProgramProcess("/usr/bin/python3", arguments: [script, folder.path], log: folder.file("output"))
        url = try await eventually("the driver's address") {
            // Whole lines only: the last one may still be being written.
            process.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first { $0.hasPrefix("http://") }
                .map(String.init)
        }
        self.folder = folder
        self.process = process
    }

    /// Ends it at once.
    package func end() { process.kill(9) }
}
