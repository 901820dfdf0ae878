import Drivers
import PlatformModel
import PureDrivers
import ServiceAPI
import Synchronization
import TestSupport
import Testing

@testable import DriverRunner

/// T48: a driver returns garbage. What it returns is capped, its step fails cleanly, nothing gets into a log, a header or a terminal, and
/// what it made can still be destroyed.
@Suite(.timeLimit(.minutes(2)))
struct HostileDriverTests {
    private static let canary = "hunter2-canary-4711"

    private func outcome(
        type: String = "config", own: ResourceType? = nil, params: JSON = [:],
        _ script: @escaping ScriptedDriver.Script
    ) async throws -> Outcome {
        let slot = Mutex<Outcome?>(nil)
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver(script)
            try await fixture.runner(drivers: [driver]) { runner async throws in
                guard case .resource(var work) = ActionWork.resource(params: params, type: type) else { throw Failure() }
                work.definition = "garbage"
                work.ownType = own
                let reply = try await runner.order(.resource(work))
                let destroyed = try await runner.order(.resource(work), verb: .destroy)
                #expect(driver.destroys.count == 1)
                let seen = Outcome(
                    reply: reply, destroyed: destroyed, dump: try await fixture.dump(), lines: fixture.logs.lines)
                slot.withLock { $0 = seen }
            }
        }
        let outcome = slot.withLock { $0 }
        return try #require(outcome)
    }

    private struct Failure: Error {}

    private struct Outcome: Sendable {
        var reply: ActionReply
        var destroyed: ActionReply
        var dump: String
        var lines: [String]
    }

    private static func deep(_ levels: Int) -> JSON { (0..<levels).reduce("x" as JSON) { value, _ in ["a": value] } }

    @Test(
        "T48: outputs of every wrong shape fail their step, and no more",
        arguments: [
            (DriverResult(values: "text"), "RUN-006"), (DriverResult(values: ["a"]), "RUN-006"),
            (DriverResult(secrets: 5), "RUN-006"),
            (DriverResult(values: ["a": .string(String(repeating: "x", count: 2 << 20))]), "RUN-006"),
            (
                DriverResult(values: .object(Dictionary(uniqueKeysWithValues: (0..<200_000).map { ("k\($0)", .int(1)) }))),
                "RUN-006"
            ),
            (DriverResult(secrets: Self.deep(2000)), "RUN-006"),
            (DriverResult(secrets: ["": "x-secret-x"]), "RUN-006"),
        ])
    func wrongShapes(_ result: DriverResult, _ code: String) async throws {
        let seen = try await outcome { _, _ throws(DriverError) in result }
        let (reply, destroyed) = (seen.reply, seen.destroyed)
        #expect(reply.state == .failed && reply.failure?.code == code, "\(String(describing: reply.failure))")
        #expect(reply.failure?.retryable == false)
        #expect(reply.failure?.message.utf8.count ?? 0 < 2000)
        #expect(destroyed.state == .succeeded)
    }

    @Test("T48: what a driver says cannot speak to a terminal, a header or a log")
    func wordsOfADriver() async throws {
        let words = "\u{1b}[2J\u{1b}]0;owned\u{7} no\r\nSet-Cookie: a=b\r\n<script>alert(1)</script>\u{202e}\0 end"
        let seen = try await outcome { _, context throws(DriverError) in
            context.progress(words)
            context.log(words)
            throw DriverError(code: "DRV-900", message: words + String(repeating: "y", count: 1 << 20), kind: .failed)
        }
        let (reply, dump, lines) = (seen.reply, seen.dump, seen.lines)
        let failure = try #require(reply.failure)
        #expect(reply.state == .failed && failure.code == "DRV-900")
        #expect(failure.message.utf8.count <= 20_000)
        #expect(
            !failure.message.unicodeScalars.contains {
                $0.value < 0x20 && !"\n\t".unicodeScalars.contains($0) || $0.value == 0x202e
            })
        #expect(failure.message.contains("<script>"), "whoever shows it as HTML escapes it, as every text")
        #expect(!dump.unicodeScalars.contains("\u{1b}") && !dump.contains("\\u001b"))
        #expect(lines.allSatisfy { !$0.unicodeScalars.contains("\0") })
    }

    @Test("Outputs that the resource type does not allow are named, with their definition, and without any value")
    func typesBoundOutputs() async throws {
        let seen = try await outcome(type: "postgres") { _, _ throws(DriverError) in
            DriverResult(
                values: ["host": 5, "port": .string(Self.canary), "name": "n", "password": .string(Self.canary)],
                cookie: ["made": "yes"])
        }
        let (reply, destroyed, dump) = (seen.reply, seen.destroyed, seen.dump)
        let message = reply.failure?.message ?? ""
        #expect(reply.failure?.code == "RUN-008" && reply.state == .failed)
        for words in [
            "the definition 'garbage'", "resource type 'postgres'", "outputs.host: string is needed, not number",
            "outputs.port: does not match", "outputs.username: missing",
        ] { #expect(message.contains(words), "\(message)") }
        #expect(!message.contains("canary") && !dump.contains("canary"))
        #expect(destroyed.state == .succeeded)
    }

    @Test("What the type declares secret is kept as a secret, whatever the driver calls it")
    func declaredSecrets() async throws {
        let seen = try await outcome(type: "postgres") { _, _ throws(DriverError) in
            DriverResult(values: ["host": "h", "name": "n", "username": "u", "password": .string(Self.canary)])
        }
        let (reply, dump) = (seen.reply, seen.dump)
        #expect(reply.outputs?.values == ["host": "h", "name": "n", "username": "u"])
        #expect(reply.outputs?.secretRefs["password"]?["ref"] != nil)
        #expect(!dump.contains("canary"))
    }

    @Test("A type of the organisation's own bounds params, too, once placeholders are filled")
    func ownTypesBoundParams() async throws {
        let own = ResourceType(
            type: "acme/queue", name: "Queue", category: "", use: "direct",
            inputsSchema: ["values": ["properties": ["size": ["type": "integer"]]]], outputsSchema: [:])
        let seen = try await outcome(type: "acme/queue", own: own, params: ["size": "five"]) { _, _ in
            Issue.record("the driver was asked")
            return DriverResult()
        }
        #expect(seen.reply.failure?.code == "DRV-003")
        #expect(seen.reply.failure?.message.contains("params.size: integer is needed, not string") == true)
    }
}
