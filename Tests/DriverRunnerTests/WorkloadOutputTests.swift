import DeployTargets
import Drivers
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle
import TestSupport
import Testing

@testable import DriverRunner

/// Workloads on the recording target, and what their containers print.
@Suite struct WorkloadOutputTests {
    static let canary = "workload-canary-4715"
    static let source = RunnerFixture.prefix + "/x/outputs/password"
    static let key = WorkloadKey(environment: RunnerFixture.environment, workload: "web")

    static func work(_ version: String = "1", id: String = "web") -> ActionWork {
        let container: JSON = [
            "name": "main", "image": "localhost/x",
            "env": [["name": "P", "valueFrom": ["secretKeyRef": ["name": "s", "key": "p"]]]],
        ]
        let deployment: JSON = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(id)],
            "spec": [
                "replicas": 1, "selector": ["matchLabels": ["app": .string(id)]],
                "template": ["metadata": ["labels": ["app": .string(id)]], "spec": ["containers": [container]]],
            ],
        ]
        let secret: JSON = ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["p": nil]]
        return .workload([deployment, secret], slots: [.whole("/1/stringData/p", source, version: version)], id: id)
    }

    static func line(_ text: String, of key: WorkloadKey = key, _ stream: ContainerLine.Stream = .stdout) -> ContainerLine {
        ContainerLine(key: key, replica: "web-0", container: "main", stream: stream, time: Timestamp(milliseconds: 1), text: text)
    }

    private func with(_ body: @escaping @Sendable (RunnerFixture, RecordingTarget) async throws -> Void) async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, .string(Self.canary))
            for grant in ["g", "standing.\(RunnerFixture.node)"] {
                fixture.broker.grant(grant, reads: [Self.source], prefix: RunnerFixture.prefix)
            }
            try await body(fixture, RecordingTarget())
        }
    }

    /// Lines that were handed over, as the stored cursor says.
    private static func read(_ runner: Runner) async throws -> Int64 {
        try await OutputCursorStore.load(host: "h1", runner.pool).positions["recording"]?.offset ?? 0
    }

    @Test func deploysAndRemoves() async throws {
        try await with { fixture, target in
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                #expect(try await runner.done(Self.work(), verb: .deploy).state == .succeeded)
                let record = try #require(target.records[Self.key])
                #expect(record.objects[1]["stringData"]?["p"] == .string(Self.canary))
                #expect(record.mark == "d1/\(RunnerFixture.node)/deploy/1")
                _ = try await runner.done(Self.work(), verb: .deploy, deployment: "d2")
                #expect(target.records[Self.key]?.rollouts == 1, "the same again restarts nothing")
                fixture.broker.put(Self.source, "rotated-canary-4717")
                #expect(try await runner.done(Self.work("2"), verb: .deploy, deployment: "d3").state == .succeeded)
                #expect(target.records[Self.key]?.rollouts == 2, "another version of a secret does")
                let dump = try await fixture.dump()
                #expect(dump.contains("standing.\(RunnerFixture.node)"))
                #expect(!dump.contains("canary"))
                #expect(try await WorkloadStore.keys(host: "h1", runner.pool).map(\.workload) == ["web"])
                #expect(try await runner.done(.workload([]), verb: .remove).state == .succeeded)
                #expect(target.records.isEmpty)
                #expect(runner.masks.mask(of: Self.key) == nil)
                #expect(try await WorkloadStore.keys(host: "h1", runner.pool).isEmpty)
                #expect(try await runner.done(.environment, verb: .remove, node: "env").state == .succeeded)
            }
        }
    }

    @Test func targetErrorsAreToldMasked() async throws {
        try await with { fixture, _ in
            let target = RecordingTarget { _ in
                DeployError(code: "DEP-004", kind: .failed, message: "it ended", lastLines: ["P=\(Self.canary)"])
            }
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                let reply = try await runner.done(Self.work(), verb: .deploy)
                #expect(
                    reply
                        == ActionReply(
                            state: .failed,
                            failure: ActionFailure(
                                code: "DEP-004", message: "it ended\nits last lines:\nP=******", retryable: false)))
            }
        }
    }

    @Test func linesAreMaskedAndTheCursorIsSavedOnceTheyAreAccepted() async throws {
        try await with { fixture, target in
            fixture.logs.mood = .isAway
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                _ = try await runner.done(Self.work(), verb: .deploy)
                target.write(Self.line("hello \(Self.canary)", .stderr))
                try await eventually("a try") { fixture.logs.asked > 0 }
                #expect(try await Self.read(runner) == 0, "nobody has taken it yet")
                fixture.logs.mood = .losesAnswers
                try await eventually("a lost answer") { fixture.logs.batches == 1 }
                #expect(try await Self.read(runner) == 0)
                let asked = fixture.logs.asked
                fixture.logs.mood = .takes
                try await eventually("the cursor") { try await Self.read(runner) == 1 }
                #expect(fixture.logs.asked > asked, "sent again")
                let entry = try #require(fixture.logs.entries.first)
                #expect(fixture.logs.entries.count == 1, "and stored once")
                #expect(entry.line == "hello ******")
                #expect(entry.stream == "stderr")
                #expect(entry.workloadID == "web")
            }
            target.write(Self.line("after the restart \(Self.canary)"))
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                try await eventually("the next line") { fixture.logs.lines == ["hello ******", "after the restart ******"] }
                #expect(!(try await fixture.dump().contains("canary")))
            }
        }
    }

    @Test func whatCannotBeMaskedIsWithheld() async throws {
        try await with { fixture, target in
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                _ = try await runner.done(Self.work(), verb: .deploy)
            }
            // The standing grant has ended; and a workload that nobody knows.
            fixture.broker.revoke("standing.\(RunnerFixture.node)")
            target.write(Self.line(Self.canary))
            target.write(Self.line(Self.canary, of: WorkloadKey(environment: RunnerFixture.environment, workload: "stranger")))
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                try await eventually("both lines") { fixture.logs.lines.count == 2 }
                #expect(fixture.logs.lines.allSatisfy { $0.hasPrefix("(withheld") })
                // What runs now is known by its deployment alone.
                #expect(try await runner.done(Self.work(), verb: .deploy, deployment: "d2").state == .succeeded)
                target.write(Self.line("now \(Self.canary)"))
                try await eventually("the third") { fixture.logs.lines.last == "now ******" }
            }
        }
    }

    @Test func aDeploymentThatWasLostInTheActLeavesNothingUnmasked() async throws {
        try await with { fixture, target in
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                _ = try await runner.done(Self.work(), verb: .deploy)
            }
            // The next deployment was applied, with secrets that the record does not name, and its runner died.
            try await fixture.administrator.execute(
                """
                INSERT INTO runner.actions (org_id, deployment_id, node, verb, attempt, fence, state, owner)
                VALUES ('acme', 'd2', \(RunnerFixture.node), 'deploy', 1, 5, 'running', 'h1/dead')
                """)
            let newer = "newer-canary-4716"
            fixture.broker.put(Self.source, .string(newer))
            target.write(Self.line(newer))
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                try await eventually("the line") { fixture.logs.lines.count == 1 }
                #expect(fixture.logs.lines.first?.hasPrefix("(withheld") == true)
                #expect(try await runner.done(Self.work("2"), verb: .deploy, deployment: "d2", fence: 6).state == .succeeded)
                target.write(Self.line("\(newer) \(Self.canary)"))
                try await eventually("both are masked") { fixture.logs.lines.last == "****** ******" }
            }
        }
    }

    @Test func aBatchThatIsRefusedHoldsUpNothing() async throws {
        try await with { fixture, target in
            fixture.logs.mood = .refuses
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                _ = try await runner.done(Self.work(), verb: .deploy)
                target.write(Self.line("one"))
                try await eventually("the refusal") { fixture.logs.asked == 1 }
                fixture.logs.mood = .takes
                target.write(Self.line("two"))
                try await eventually("the next") { fixture.logs.lines == ["two"] }
            }
        }
    }

    @Test func manyLongLinesGoInSeveralBatches() async throws {
        try await with { fixture, target in
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                _ = try await runner.done(Self.work(), verb: .deploy)
                // As JSON each grows sixfold: 30 MB at once would be refused.
                for _ in 0..<80 { target.write(Self.line(String(repeating: "\u{1}", count: 64 << 10))) }
                try await eventually("all lines") { fixture.logs.entries.count == 80 }
                #expect(fixture.logs.batches > 1)
            }
        }
    }

    @Test func theOutboxIsBoundedAndSendsWhatIsLeftAtTheEnd() async throws {
        try await with { fixture, target in
            func entry(_ line: String) -> LogEntry {
                LogEntry(environment: RunnerFixture.environment, stream: "driver", at: Timestamp(milliseconds: 1), line: line)
            }
            let logs = RoomClient(room: "logs", socket: fixture.logsSocket)
            let outbox = LogOutbox(logs: logs, source: "o", logger: quiet)
            for number in 0..<4_000 { outbox.add(entry("\(number) " + String(repeating: "x", count: 16_000))) }
            #expect(outbox.waiting.bytes <= 16 << 20)
            #expect(outbox.waiting.lines > 500)
            let group = ServiceGroup(services: [outbox], logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                try await eventually("the newest line") { fixture.logs.lines.last?.hasPrefix("3999 ") == true }
                fixture.logs.mood = .losesAnswers
                outbox.add(entry("last"))
                try await eventually("the line whose answer was lost") { fixture.logs.lines.last == "last" }
                fixture.logs.mood = .isAway
                outbox.add(entry("never"))
                // With the log aggregator away the end does not wait for ever.
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(fixture.logs.lines.last == "last")
        }
    }
}
