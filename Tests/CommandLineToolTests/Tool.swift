import CommandLineTool
import FoundationEssentials
import Synchronization
import TestSupport
import Testing

/// The program as a user has it: environment, home, terminal.
struct Tool: Sendable {
    struct Outcome: Sendable {
        var status: CommandStatus
        var out: String
        var err: String
    }

    let home: TemporaryFolder
    var environment: [String: String] = [:]
    var terminal = CommandHost.Terminal.none
    var input = ""
    /// Kept open as long as the tool is there.
    private var gateway: ScriptedGateway?

    static let token = "mrt_the-secret-token-of-this-test"

    init() throws {
        home = try TemporaryFolder("cli")
        environment = ["HOME": home.path]
    }

    /// Signed in by environment, with an organisation, application and environment.
    init(_ gateway: ScriptedGateway) throws {
        try self.init()
        self.gateway = gateway
        environment["MARTLET_URL"] = gateway.url
        environment["MARTLET_TOKEN"] = Self.token
        environment["MARTLET_ORG"] = "acme"
        environment["MARTLET_APP"] = "shop"
        environment["MARTLET_ENV"] = "development"
    }

    /// Runs a command line in this process. No output ever holds the token.
    func run(_ arguments: String...) async -> Outcome { await run(arguments) }

    func run(_ arguments: [String]) async -> Outcome {
        final class Streams: Sendable {
            let out = Mutex(""), err = Mutex("")
            let lines: Mutex<[Substring]>
            init(_ input: String) { lines = Mutex(input.split(separator: "\n").reversed()) }
        }
        let streams = Streams(input)
        let host = CommandHost(
            environment: environment, terminal: terminal, write: { text in streams.out.withLock { $0 += text } },
            writeError: { text in streams.err.withLock { $0 += text } },
            readLine: { _ in streams.lines.withLock { $0.popLast() }.map(String.init) },
            readInput: { [input] _ in Array(input.utf8) })
        let status = await CommandLineTool.run(arguments, host: host)
        let outcome = Outcome(status: status, out: streams.out.withLock { $0 }, err: streams.err.withLock { $0 })
        #expect(!(outcome.out + outcome.err).contains(Self.token))
        return outcome
    }
}

/// Texts that people read. `MARTLET_REWRITE_GOLDEN=1 swift test` rewrites them; look at the difference before committing it.
func expectGolden(_ text: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)")
    if ProcessInfo.processInfo.environment["MARTLET_REWRITE_GOLDEN"] == "1" { try Data(text.utf8).write(to: url) }
    let golden = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    #expect(text == golden, "differs from \(name)", sourceLocation: location)
}
