import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// How long anything may take in environments of a type; the narrowest limit counts.
@Suite struct LimitTests {
    private static let limits = "/orgs/acme/env-types/development/limits"

    @Test func administratorsSetThemAndEverybodySeesThem() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let none: JSON = ["step_seconds": .null, "deployment_seconds": .null]
            #expect(try await harness.must(200, .get, Self.limits, as: People.viewer()) == none)
            let refused = try await harness.call(.put, Self.limits, ["step_seconds": 5], as: People.developer())
            #expect(refused.status == 403, "\(refused)")
            let set = try await harness.must(200, .put, Self.limits, ["step_seconds": 600, "deployment_seconds": 3600])
            #expect(set == ["step_seconds": 600, "deployment_seconds": 3600, "set_by": "user:ann"])
            #expect(try await harness.must(200, .get, Self.limits) == set)
            let wrong = try await harness.call(
                .put, Self.limits, ["step_seconds": 0, "deployment_seconds": "soon", "steps": 1])
            let problems = wrong.body["details"]?["problems"]?.array ?? []
            #expect(
                wrong.status == 422
                    && problems.compactMap { $0["path"]?.string } == ["steps", "step_seconds", "deployment_seconds"])
            #expect(try await harness.must(200, .put, Self.limits, [:])["step_seconds"] == .null)
            try await harness.must(404, .get, "/orgs/acme/env-types/nothing/limits")
            try await harness.must(404, .put, "/orgs/acme/env-types/nothing/limits", ["odd": 1])
        }
    }

    @Test func aStepEndsByTheLimitOfItsEnvironmentsType() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(200, .put, Self.limits, ["step_seconds": 1])
            harness.runner.works { $0.words == "provision postgres" }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(errors.map { $0["code"] } == ["DEP-203"])
            #expect(
                errors[0]["message"]?.string?.contains(
                    "longer than 1 s (the limit of the environment type 'development' for each step)") == true, "\(errors)")
            // A workload's own time is not longer either; one that is narrower stays.
            harness.runner.performs()
            try await harness.must(200, .put, Self.limits, ["step_seconds": 100])
            try await harness.mustSucceed(try await harness.redeploy())
            #expect(harness.runner.orders.last { $0.words == "deploy web" }?.workload?.timeoutSeconds == 100)
            try await harness.must(200, .put, Self.limits, ["step_seconds": 1000])
            try await harness.mustSucceed(try await harness.redeploy(["mode": "full"]))
            #expect(harness.runner.orders.last { $0.words == "deploy web" }?.workload?.timeoutSeconds == 300)
        }
    }

    @Test func aDeploymentEndsByTheLimitOfItsEnvironmentsType() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(200, .put, Self.limits, ["deployment_seconds": 1])
            harness.runner.works { $0.words == "provision postgres" }
            let made = try await harness.must(
                202, .post, Harness.environment + "/score-deploys?timeout=600", Harness.body(Harness.score))
            let id = try #require(made["id"]?.string)
            #expect(try await harness.ended(id)["status"] == "failed")
            let error = try #require(try await harness.errors(of: id).first)
            #expect(error["code"] == "DEP-202")
            #expect(
                error["message"]?.string?.hasPrefix(
                    "the deployment took longer than its 1 s that its environment type allows: see which step") == true,
                "\(error)")
            #expect(error["message"]?.string?.contains("have an administrator raise that limit") == true, "\(error)")
            // Raised, it goes on for as long as was asked for at first.
            try await harness.must(200, .put, Self.limits, ["deployment_seconds": 3600])
            harness.runner.performs()
            try await harness.must(202, .post, Harness.environment + "/deploys/\(id)/retry")
            try await harness.mustSucceed(id)
            #expect(
                try await harness.count(
                    "SELECT count(*) AS count FROM orchestrator.deployments WHERE allowed_seconds = 600 AND timeout_seconds = 600"
                )
                    == 1)
        }
    }

    /// A place in the queue is told whenever it changes.
    @Test func thePlaceInTheQueueIsToldAsItChanges() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds()
            let first = try await harness.deploy()
            let second = try await harness.redeploy(), third = try await harness.redeploy()
            func told(_ id: String) async throws -> [String] {
                try await harness.rows(
                    """
                    SELECT message FROM orchestrator.events
                    WHERE deployment_id = \(id) AND object IS NULL AND message IS NOT NULL ORDER BY id
                    """
                ).map { try $0.string("message") }
            }
            #expect(try await told(second) == ["1st in the queue, behind \(first)"])
            #expect(try await told(third) == ["2nd in the queue, behind \(second)"])
            try await harness.must(202, .post, Harness.environment + "/deploys/\(second)/cancel")
            #expect(try await told(third) == ["2nd in the queue, behind \(second)", "1st in the queue, behind \(first)"])
            gate.open()
            try await harness.mustSucceed(first)
            try await harness.mustSucceed(third)
            #expect(try await told(third).count == 2)
        }
    }
}
