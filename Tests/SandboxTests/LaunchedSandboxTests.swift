import Sandbox
import Synchronization
import TestSupport
import Testing

/// What a job is given, and how it ends.
@Suite(.enabled(if: SandboxLauncher.isAvailable), .timeLimit(.minutes(5)))
struct LaunchedSandboxTests {
    @Test func aJobHasItsFilesAndVariablesAndReturnsWhatIsCollected() async throws {
        var job = SandboxJob(
            command: ["sh", "-c", "cat in/a; echo \"$GREETING\"; bin/tool; printf done > out; echo problem >&2; exit 3"],
            environment: ["GREETING": "good day"],
            files: [
                SandboxFile(path: "in/a", text: "one\n"),
                SandboxFile(path: "bin/tool", text: "#!/bin/sh\necho tool in $PWD\n", isExecutable: true),
            ], collect: ["out", "missing"])
        job.limits.wallSeconds = 60
        let run = try await TestRun(job)
        #expect(run.result.ending == .exited(3))
        #expect(run.result.collected == ["out": Array("done".utf8)])
        #expect(run.result.refused.isEmpty)
        #expect(run.standardOutput == ["one", "good day", "tool in /job/work"])
        #expect(run.standardError == ["problem"])
    }

    @Test func aProgramThatIsNotThereIsTold() async throws {
        let run = try await TestRun(SandboxJob(command: ["no-such-program"]))
        #expect(run.result.ending == .exited(127))
        #expect(run.standardError == ["martlet-sandbox: no-such-program: No such file or directory"])
    }

    @Test func outputIsCutIntoLines() async throws {
        let run = try await TestRun(
            SandboxJob(command: ["sh", "-c", #"printf 'a\r\nb\n\n'; head -c 20000 /dev/zero | tr '\0' x; printf '\n\377end'"#]))
        #expect(run.standardOutput.prefix(3) == ["a", "b", ""])
        #expect(run.standardOutput.dropFirst(3).map(\.utf8.count) == [8000, 8000, 4000, 6])
        #expect(run.standardOutput.last == "\u{FFFD}end")
    }

    @Test func manyJobsRunAtOnce() async throws {
        let results = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<24 {
                group.addTask { try await TestRun(SandboxJob(command: ["echo", "\(number)"])).standardOutput }
            }
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(results == Set((0..<24).map(String.init)))
    }

    @Test func aCancelledJobIsKilled() async throws {
        let launcher = try await SandboxLauncher.shared()
        let printed = Heard()
        let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 2)
        let mark = "sleep-\(UInt64.random(in: 0 ... .max))"
        // bash, for `exec -a`.
        let job = SandboxJob(
            command: ["bash", "-c", "trap '' TERM INT HUP; (exec -a \(mark) sleep 1000) & echo on; exec sleep 1000"])
        let started = ContinuousClock.now
        let result = try await withThrowingTaskGroup(of: SandboxResult.self) { group in
            group.addTask {
                try await sandbox.run(job) { printed.add($0) }
            }
            try await eventually("the job prints") { !printed.lines.isEmpty }
            #expect(try Command.output("/usr/bin/pgrep", ["-f", "^\(mark)"]) != "")
            group.cancelAll()
            return try await group.next() ?? SandboxResult(ending: .lost)
        }
        #expect(result.ending == .cancelled)
        #expect(try Command.output("/usr/bin/pgrep", ["-f", "^\(mark)"]) == "", "the job's processes run on")
        #expect(ContinuousClock.now - started < .seconds(60))
    }

    @Test func aJobDiesWithItsLauncher() async throws {
        let launcher = try await SandboxLauncher(jobs: 2)
        let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 2)
        let mark = "orphan-\(UInt64.random(in: 0 ... .max))"
        let printed = Heard()
        let result = try await withThrowingTaskGroup(of: SandboxResult.self) { group in
            group.addTask {
                try await sandbox.run(SandboxJob(command: ["bash", "-c", "echo on; exec -a \(mark) sleep 1000"])) {
                    printed.add($0)
                }
            }
            try await eventually("the job prints") { !printed.lines.isEmpty }
            try launcher.kill()
            return try await group.next() ?? SandboxResult(ending: .cancelled)
        }
        #expect(result.ending == .lost)
        try await eventually("its end") { try Command.output("/usr/bin/pgrep", ["-f", "^\(mark)"]) == "" }
        await #expect(throws: SandboxError.self) { try await sandbox.run(SandboxJob(command: ["true"])) { _ in } }
    }

    /// A supervisor starts it again at the same place: what it left there is in nobody's way, and who knew it need not be told.
    @Test func aLauncherThatIsRestartedGoesOn() async throws {
        let launcher = try await SandboxLauncher(jobs: 2)
        let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 2)
        func works() async throws -> Bool {
            try await sandbox.run(SandboxJob(command: ["true"])) { _ in }.ending == .exited(0)
        }
        for _ in 0..<3 {
            #expect(try await works())
            try launcher.kill()
            do {
                _ = try await works()
                Issue.record("a job ran without a launcher")
            } catch {
                let error = try #require(error as? SandboxError)
                #expect(error.isTransient, "\(error)")
            }
            try await launcher.startAgain()
        }
        // All places are free: those of lost jobs, too.
        let lost = Heard()
        async let cut = sandbox.run(SandboxJob(command: ["sh", "-c", "echo on; exec sleep 1000"])) { lost.add($0) }
        try await eventually("the job prints") { !lost.lines.isEmpty }
        try launcher.kill()
        #expect(try await cut.ending == .lost)
        try await launcher.startAgain()
        async let one = works()
        async let two = works()
        let both = try await (one, two)
        #expect(both == (true, true))
    }

    @Test func aLauncherWithoutAPlaceIsAskedAgain() async throws {
        let launcher = try await SandboxLauncher(jobs: 1)
        let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let result = try await sandbox.run(SandboxJob(command: ["sleep", "0.2"])) { _ in }
                    #expect(result.ending == .exited(0))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aJobReachesTheServiceThatItIsGiven() async throws {
        let served = Mutex(false)
        let loopback = SandboxLoopback(port: 8200) { listener in
            served.withLock { $0 = true }
            await OneLineService.serve(listener, "from the runner\n")
        }
        let run = try await TestRun(
            SandboxJob(command: ["python3", "-c", Self.reader], loopback: loopback))
        #expect(run.standardOutput == ["from the runner"], "\(run.standardError)")
        #expect(served.withLock { $0 })
    }

    private static let reader = """
        import socket
        with socket.create_connection(("127.0.0.1", 8200), 20) as s: print(s.recv(100).decode(), end="")
        """

    @Test(arguments: [
        SandboxJob(command: []), SandboxJob(command: ["a\0b"]), SandboxJob(command: ["a"], environment: ["": "x"]),
        SandboxJob(command: ["a"], environment: ["A=B": "x"]), SandboxJob(command: ["a"], environment: ["A": "x\0y"]),
        SandboxJob(command: ["a"], files: [SandboxFile(path: "../x", text: "")]),
        SandboxJob(command: ["a"], files: [SandboxFile(path: "/etc/x", text: "")]),
        SandboxJob(command: ["a"], files: [SandboxFile(path: "x", text: ""), SandboxFile(path: "x", text: "")]),
        SandboxJob(command: ["a"], collect: ["a/../../x"]), SandboxJob(command: ["a"], readOnly: ["usr"]),
        SandboxJob(command: ["a"], readOnly: ["/usr/../root"]), SandboxJob(command: ["a"], readOnly: ["/does/not/exist"]),
        SandboxJob(command: ["a"], image: "/does/not/exist"),
    ])
    func whatCannotBeIsRefused(job: SandboxJob) async throws {
        let launcher = try await SandboxLauncher.shared()
        let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 1)
        await #expect(throws: SandboxError.self) { try await sandbox.run(job) { _ in } }
    }
}
