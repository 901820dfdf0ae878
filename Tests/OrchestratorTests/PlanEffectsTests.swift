import HTTPTypes
import PlatformModel
import ServiceAPI
import Synchronization
import TestSupport
import Testing

@testable import Orchestrator

/// What drivers say that a plan would do, asked from the runner.
@Suite(.timeLimit(.minutes(5)))
struct PlanEffectsTests {
    private static let plans = Harness.environment + "/plans"
    private static let db = "postgres.default#modules.web.externals.db"

    private func plan(_ body: JSON, _ harness: Harness) async throws -> JSON {
        try await harness.must(201, .post, Self.plans, body)
    }

    /// By type.
    private func effects(_ plan: JSON) -> [String: JSON] {
        Dictionary(
            ((plan["nodes"]?.array ?? []) + (plan["removals"]?.array ?? [])).compactMap { node in
                node["effects"].map { (node["type"]?.string ?? "", $0) }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// As a runner whose drivers of these types foresee.
    private static func foreseeing(
        _ types: String..., effects: @escaping @Sendable (InspectedResource) -> PlannedEffects
    ) -> FakeRunner.Inspection {
        { request in
            InspectionReply(
                resources: request.resources.map { one in
                    guard types.contains(one.work.identity.type) else { return InspectionFinding(.cannotTell, reason: "silent") }
                    return InspectionFinding(
                        .cannotTell, effects: one.obstacle.map { PlannedEffects.unknown($0) } ?? effects(one))
                }, workloads: [])
        }
    }

    @Test func driversAreAskedAboutWhatChangesAndNothingElse() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.finds(
                Self.foreseeing("postgres") { one in
                    #expect(one.work.inputs["values"]?["server"] == "one" && one.work.definition == "pg-all")
                    return PlannedEffects([.init("database shop", one.foresees == .destroy ? .delete : .create)])
                })
            let first = try await plan(Harness.body(Harness.score), harness)
            let told: JSON = [
                "known": true, "create": 1, "update": 0, "replace": 0, "delete": 0,
                "effects": [["object": "database shop", "action": "create"]],
            ]
            #expect(effects(first) == ["postgres": told] && first["effects_note"] == nil)
            let asked = try #require(harness.runner.inspections.first)
            #expect(asked.resources.map(\.work.identity.type) == ["postgres"], "values of echo are asked nobody about")
            #expect(asked.resources.first?.foresees == .provision && asked.withinSeconds == PlanForesight.withinSeconds)
            let grant = try #require(harness.broker.current.given[asked.grant])
            #expect(grant.writePrefix == nil && grant.readPrefix?.hasSuffix("/resources") == true && !grant.standing)
            #expect(harness.broker.current.grants[asked.grant] == nil, "it has ended")
            #expect(harness.runner.orders.isEmpty)
            // It is kept with the plan, and nobody is asked again.
            let path = "\(Self.plans)/\(first["id"]?.string ?? "")"
            #expect(effects(try await harness.must(200, .get, path)) == ["postgres": told])
            #expect(harness.runner.inspections.count == 1)
            try await harness.deployed()
            // What is kept is not asked about.
            #expect(effects(try await plan([:], harness)).isEmpty)
            #expect(harness.runner.inspections.count == 1)
            // Another driver: destroyed by the old one, then made anew.
            try await harness.define("pg-new", "postgres", driver: "martlet/exec", criteria: [["env_id": "development"]])
            harness.runner.finds(
                Self.foreseeing("postgres") { one in
                    PlannedEffects([.init("database \(one.work.driverType)", one.foresees == .destroy ? .delete : .create)])
                })
            let replaced = try #require(effects(try await plan([:], harness))["postgres"])
            #expect(replaced["delete"] == 1 && replaced["create"] == 1)
            #expect(replaced["effects"]?.array?.map { $0["object"] } == ["database martlet/postgres", "database martlet/exec"])
            #expect(harness.runner.inspections.last?.resources.map(\.foresees) == [.destroy, .anew])
            #expect(harness.runner.inspections.last?.resources.map { $0.last == nil } == [false, true])
        }
    }

    @Test func whatIsRemovedIsAskedAbout() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let without = """
                apiVersion: score.dev/v1b1
                metadata: {name: web}
                containers:
                  main: {image: registry.example/web:1}
                """
            var body = Harness.body(without)
            #expect(effects(try await plan(body, harness)).isEmpty && harness.runner.inspections.isEmpty, "it stays")
            harness.runner.finds(Self.foreseeing("postgres") { _ in PlannedEffects([.init("database shop", .delete)]) })
            body["removing"] = [.string(Self.db)]
            let made = try await plan(body, harness)
            #expect(effects(made)["postgres"]?["delete"] == 1)
            let asked = try #require(harness.runner.inspections.first?.resources.first)
            #expect(asked.foresees == .destroy && asked.last?.values["host"] == "db.internal")
        }
    }

    /// Inputs that come from what is not made yet, or from the deployment itself, are nobody's to ask about.
    @Test func whatIsNotKnownYetIsSaid() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "cache", "redis", driver: "martlet/terraform",
                values: ["script": "x = \"${resources.postgres.outputs.host}\"", "martlet_timeout_seconds": 5], criteria: [[:]])
            try await harness.define(
                "bucket", "s3", driver: "martlet/terraform", values: ["script": "# ${context.deploy.id}"], criteria: [[:]])
            let score = Harness.score + "\n  cache:\n    type: redis\n  bucket:\n    type: s3\n"
            let asked = Mutex<[InspectedResource]>([])
            harness.runner.finds(
                Self.foreseeing("redis", "s3") { one in
                    asked.withLock { $0.append(one) }
                    return PlannedEffects()
                })
            let first = effects(try await plan(Harness.body(score), harness))
            #expect(first["redis"]?["known"] == false && first["s3"]?["known"] == false && first.count == 2)
            #expect(first["redis"]?["reason"]?.string?.contains("once postgres.default#") == true, "\(first)")
            #expect(first["s3"]?["reason"]?.string?.contains("own id") == true)
            #expect(asked.withLock { $0 }.isEmpty)
            try await harness.deployed(score)
            // Now it is known what the database answered.
            let again = effects(try await plan(["mode": "full"], harness))
            #expect(again["redis"]?["known"] == true && again["s3"]?["known"] == false)
            let one = try #require(asked.withLock { $0.first })
            #expect(one.work.inputs["values"] == ["script": "x = \"db.internal\""], "no driver sees the step's limit")
        }
    }

    @Test func aRunnerThatIsAwayFailsNoPlan() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.finds { _ in throw FakeRunner.away }
            let made = try await plan(Harness.body(Harness.score), harness)
            #expect(made["effects_note"]?.string?.contains("could not be asked") == true && effects(made).isEmpty)
            // A driver that fails is that resource's.
            harness.runner.finds { request in
                InspectionReply(
                    resources: request.resources.map { _ in
                        InspectionFinding(.failed, reason: "no way in", code: "DRV-302")
                    }, workloads: [])
            }
            let failing = try await plan(Harness.body(Harness.score), harness)
            #expect(failing["effects_note"] == nil)
            #expect(
                effects(failing)["postgres"] == [
                    "known": false, "create": 0, "update": 0, "replace": 0, "delete": 0, "effects": [], "reason": "no way in",
                    "code": "DRV-302",
                ])
            let id = try #require(
                try await harness.must(201, .post, Harness.environment + "/deploys", ["plan_id": failing["id"] ?? .null])["id"]?
                    .string)
            try await harness.mustSucceed(id)
        }
    }
}
