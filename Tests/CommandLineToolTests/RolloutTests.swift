import CommandLineTool
import PlatformModel
import Synchronization
import TestSupport
import Testing

@Suite struct RolloutTests {
    private static let base = "/orgs/acme/rollouts"

    private static func target(_ env: String, _ state: String, batch: Int = 0, reason: String = "", losing: [JSON] = []) -> JSON {
        [
            "app_id": "shop", "env_id": .string(env), "env_type": .string(env), "batch": .int(Int64(batch)),
            "state": .string(state), "reason": .string(reason), "losing": .array(losing),
            "totals": ["create": 0, "update": 2, "replace": .int(Int64(losing.count)), "delete": 0, "keep": 1, "unused": 0],
        ]
    }

    private static func rollout(_ status: String, _ targets: [JSON]) -> JSON {
        [
            "id": "r1", "definition_id": "postgres-dev", "version": "v2", "status": .string(status), "targets": .array(targets),
            "created_at": "2026-11-21T10:00:00.000Z", "created_by": "user:1", "comment": "",
        ]
    }

    private static let left = target("staging", "left out", reason: "Ann may not deploy to it")
    private static let planned = rollout(
        "planned",
        [
            target("development", "planned", batch: 1), left,
            target("production", "planned", batch: 2, losing: ["redis.default#shared.cache"]),
        ])

    /// - Parameter looks: what each look at it shows, the last one again and again.
    private func gateway(_ looks: [JSON]) async throws -> ScriptedGateway {
        let number = Mutex(0)
        return try await ScriptedGateway { request in
            switch request.line {
            case "POST \(Self.base)": .json(Self.rollout("planning", []), status: 201)
            case "POST \(Self.base)/r1/actions/resume": .json(Self.rollout("in progress", Self.planned["targets"]?.array ?? []))
            case "POST \(Self.base)/r1/actions/cancel": .json(Self.rollout("cancelled", Self.planned["targets"]?.array ?? []))
            case "GET \(Self.base)/r1":
                .json(
                    number.withLock { number in
                        number += 1
                        return looks[min(number, looks.count) - 1]
                    })
            case "GET \(Self.base)": .json([Self.planned])
            default: nil
            }
        }
    }

    @Test func theSummaryIsShownAndAsked() async throws {
        let gateway = try await gateway([Self.planned])
        var tool = try Tool(gateway)
        let silent = await tool.run("rollout", "definition", "postgres-dev", "--env-types", "development, production")
        #expect(silent.status == .usage)
        try expectGolden(silent.err, "rollout-summary.txt")
        #expect(
            gateway.body(of: "POST \(Self.base)") == [
                "definition_id": "postgres-dev", "batch_size": 5, "env_types": ["development", "production"],
            ])
        // One that nobody says yes to is cancelled: it would be in the way.
        #expect(gateway.lines.last == "POST \(Self.base)/r1/actions/cancel")
        tool.terminal = .init(isInput: true, isOutput: false, isError: false)
        tool.input = "y\n"
        let begun = await tool.run("rollout", "profile", "humanitec/default-module", "--batch-size", "2", "--message", "upgrade")
        #expect(begun.status == .done && begun.out == "rollout r1 in progress\n", "\(begun.err)")
        #expect(
            gateway.body(of: "POST \(Self.base)") == [
                "profile_id": "humanitec/default-module", "batch_size": 2, "comment": "upgrade",
            ])
        #expect(gateway.lines.last == "POST \(Self.base)/r1/actions/resume")
        #expect(await tool.run("rollout", "definition", "a", "--batch-size", "0").status == .usage)
    }

    @Test func onlyThePlan() async throws {
        let gateway = try await gateway([Self.planned])
        let outcome = await (try Tool(gateway)).run("rollout", "definition", "postgres-dev", "--plan", "--version", "v2")
        #expect(outcome.status == .done && outcome.out.contains("2 to deploy; 1 not."))
        #expect(outcome.err.contains("martlet rollout resume r1"))
        #expect(gateway.body(of: "POST \(Self.base)")?["version"] == "v2")
        #expect(gateway.lines.last == "POST \(Self.base)/r1/actions/cancel")
        let nothing = try await self.gateway([Self.rollout("succeeded", [Self.left])])
        let none = await (try Tool(nothing)).run("rollout", "definition", "postgres-dev", "--yes")
        #expect(none.status == .done && none.out.hasSuffix("Nothing to deploy.\n"))
        #expect(!nothing.lines.contains { $0.hasSuffix("/actions/resume") })
    }

    @Test func waitingEndsWithTheCause() async throws {
        let failed = Self.rollout(
            "failed",
            [
                Self.target("development", "failed", batch: 1, reason: "DRV-301 db: no more room"), Self.left,
                Self.target("production", "planned", batch: 2),
            ])
        let gateway = try await gateway([Self.planned, failed])
        let outcome = await (try Tool(gateway)).run("rollout", "definition", "postgres-dev", "--yes", "--wait")
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("\nshop/development  failed  DRV-301 db: no more room\n"), "\(outcome.err)")
        #expect(
            outcome.err.hasSuffix(
                "error: the rollout r1 failed\n  shop/development: DRV-301 db: no more room\n  go on with: martlet rollout resume r1\n"
            ))
        let done = Self.rollout("succeeded", [Self.target("development", "succeeded", batch: 1)])
        let again = try await self.gateway([failed, done])
        let resumed = await (try Tool(again)).run("rollout", "resume", "r1", "--wait")
        #expect(resumed.status == .done && resumed.out == "rollout r1 succeeded\n", "\(resumed)")
        let endless = try await self.gateway([Self.rollout("in progress", [])])
        #expect(await (try Tool(endless)).run("rollout", "resume", "r1", "--wait", "--timeout", "1").status == .timeout)
    }

    @Test func rolloutsAreListedAndCancelled() async throws {
        let gateway = try await gateway([Self.planned])
        let tool = try Tool(gateway)
        let list = await tool.run("get", "rollouts").out
        #expect(list.contains("r1") && list.contains("definition postgres-dev") && list.contains("planned"))
        #expect(await tool.run("get", "rollout", "r1", "--output", "json").out.contains("\"version\": \"v2\""))
        #expect(await tool.run("rollout", "cancel", "r1").out == "rollout r1 cancelled\n")
    }
}
