import Sandbox
import Synchronization
import TestSupport

/// A job run to its end by the real launcher.
struct TestRun {
    let result: SandboxResult
    let lines: [SandboxOutput]

    var standardOutput: [String] { lines.filter { $0.stream == .standardOutput }.map(\.line) }
    var standardError: [String] { lines.filter { $0.stream == .standardError }.map(\.line) }
    var all: String { lines.map(\.line).joined(separator: "\n") }

    private static let sandbox = Task {
        let launcher = try await SandboxLauncher.shared()
        return LaunchedSandbox(socket: launcher.socket, jobs: launcher.jobs)
    }

    init(_ job: SandboxJob) async throws {
        let heard = Heard()
        result = try await Self.sandbox.value.run(job) { heard.add($0) }
        lines = heard.lines
    }

    /// A Python program: the language that all of the machine's calls can be made in.
    init(python program: String, _ change: (inout SandboxJob) -> Void = { _ in }) async throws {
        var job = SandboxJob(command: ["python3", "program.py"], files: [SandboxFile(path: "program.py", text: program)])
        job.limits.wallSeconds = 60
        change(&job)
        self = try await TestRun(job)
    }
}

/// Lines as they come.
final class Heard: Sendable {
    private let all = Mutex<[SandboxOutput]>([])

    var lines: [SandboxOutput] { all.withLock { $0 } }

    func add(_ line: SandboxOutput) { all.withLock { $0.append(line) } }
}
