import HTTPTypes
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct DeletionTests {
    @Test func anEnvironmentGoesWithAllThatStandsInIt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "net", "config", values: ["db": "${resources.postgres#modules.web.externals.db.outputs.host}"], criteria: [[:]])
            try await harness.deployed(Harness.score.replacing("resources:\n", with: "resources:\n  net:\n    type: config\n"))
            harness.runner.forget()
            let gate = harness.runner.holds { $0.words == "remove environment" }
            try await harness.must(202, .delete, Harness.environment)
            #expect(try await harness.must(200, .get, Harness.environment)["status"] == "deleting")
            // Asked again it is the same deletion; nothing is deployed there any more.
            try await harness.must(202, .delete, Harness.environment)
            #expect(try await harness.call(.post, Harness.environment + "/deploys", [:]).status == 409)
            gate.open()
            try await eventually("the environment's end") { try await harness.call(.get, Harness.environment).status == 404 }
            let words = harness.runner.words
            #expect(words.first == "remove environment")
            #expect(Set(words.dropFirst()) == ["destroy postgres", "destroy route", "destroy config"])
            #expect((words.firstIndex(of: "destroy config") ?? 9) < (words.firstIndex(of: "destroy postgres") ?? 0))
            #expect(harness.broker.current.grants.values.allSatisfy { !$0.standing }, "the standing grants ended")
            let ending = try #require(harness.logs.received.last)
            #expect(harness.logs.received.count == 1 && ending.method == .post && ending.path == "/v1/logs/end")
            #expect(try ending.decode(JSON.self) == ["org_id": "acme", "app_id": "shop", "env_id": "development"])
            for table in ["deployments", "steps", "step_queue", "events", "active_resources"] {
                #expect(
                    try await harness.count("SELECT count(*) AS count FROM orchestrator.\(identifier: table)") == 0, "\(table)")
            }
        }
    }

    /// What waits is not deployed any more, what runs begins nothing more, and nobody is left to look at it.
    @Test func deploymentsThatRunAndWaitAreStopped() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            try await harness.must(202, .post, Harness.environment + "/drift-reports")
            try await eventually("the look") { !harness.runner.inspections.isEmpty }
            let gate = harness.runner.holds { $0.words == "provision postgres" }
            let running = try await harness.redeploy(["mode": "full"])
            try await eventually("the database is being made") { harness.runner.words.contains("provision postgres") }
            let waiting = try await harness.redeploy(["mode": "full"])
            harness.runner.forget()
            try await harness.must(202, .delete, Harness.environment)
            let cancelled = try await harness.must(200, .get, Harness.environment + "/deploys/\(waiting)")
            #expect(cancelled["status"] == "failed")
            let errors = try await harness.errors(of: waiting)
            #expect(errors[0]["code"] == "DEP-201" && errors[0]["message"]?.string?.contains("is deleted") == true, "\(errors)")
            let events = try await harness.errors(of: running)
            #expect(events.contains { $0["code"] == "DEP-201" }, "\(events)")
            gate.open()
            try await eventually("the environment's end") { try await harness.call(.get, Harness.environment).status == 404 }
            #expect(!harness.runner.words.contains("deploy web"), "\(harness.runner.words)")
            for table in ["drift_queue", "drift_schedule", "drift_reports", "plans", "step_queue"] {
                #expect(
                    try await harness.count("SELECT count(*) AS count FROM orchestrator.\(identifier: table)") == 0, "\(table)")
            }
        }
    }

    /// Asked for while a deployment waits that needs it again.
    @Test func aResourceThatIsUsedAgainWhenItsTurnComesStays() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let with = try await harness.deployed()
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["remove": ["web"]]])
            try await harness.mustSucceed(try await harness.redeploy(["delta_id": delta["id"] ?? .null]))
            let set = try await harness.must(200, .get, Harness.environment + "/deploys/\(with)")["set_id"] ?? .null
            let gate = harness.runner.holds()
            let again = try await harness.redeploy(["set_id": set, "mode": "full"])
            try await eventually("it is begun") { !harness.runner.orders.isEmpty }
            harness.runner.forget()
            // Nothing that stands uses it yet.
            try await harness.must(202, .delete, Harness.environment + "/resources/postgres/modules.web.externals.db")
            gate.open()
            try await harness.mustSucceed(again)
            try await eventually("the destruction's end") {
                try await harness.count(
                    "SELECT count(*) AS count FROM orchestrator.deployments WHERE kind = 'destroy' AND status = 'failed'") == 1
            }
            #expect(!harness.runner.words.contains("destroy postgres"))
            #expect(try await harness.resources().contains { $0["type"] == "postgres" && $0["status"] == "active" })
        }
    }

    @Test func anApplicationGoesWithItsLastEnvironment() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(201, .post, "/orgs/acme/apps/shop/envs", ["id": "test", "name": "Test"])
            let second = try await harness.deploy(to: "/orgs/acme/apps/shop/envs/test")
            try await harness.deployed()
            try await harness.ended(second, in: "/orgs/acme/apps/shop/envs/test")
            let gate = harness.runner.holds { $0.words == "remove environment" }
            try await harness.must(202, .delete, "/orgs/acme/apps/shop")
            #expect(try await harness.must(200, .get, "/orgs/acme/apps/shop")["status"] == "deleting")
            #expect(try await harness.call(.post, "/orgs/acme/apps/shop/envs", ["id": "more", "name": "More"]).status == 409)
            gate.open()
            try await eventually("the application's end") { try await harness.call(.get, "/orgs/acme/apps/shop").status == 404 }
            // The name is free again.
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
        }
    }

    @Test func whatCouldNotBeDestroyedIsNamedAndTriedAgainWhenAsked() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.performs { order in
                order.words == "destroy postgres"
                    ? FakeRunner.failure("DRV-302", "others are connected") : FakeRunner.success(of: order)
            }
            try await harness.must(202, .delete, Harness.environment)
            let environment = try await eventually("the failure") {
                let environment = try await harness.must(200, .get, Harness.environment)
                return environment["status_message"]?.string == nil ? JSON?.none : environment
            }
            let message = environment["status_message"]?.string ?? ""
            #expect(
                environment["status"] == "deleting" && message.contains("DRV-302") && message.contains("postgres"), "\(message)")
            harness.runner.performs()
            harness.runner.forget()
            try await harness.must(202, .delete, Harness.environment + "?force=true")
            try await eventually("the environment's end") { try await harness.call(.get, Harness.environment).status == 404 }
            // Only what was asked for with force may take data along.
            #expect(harness.runner.orders.compactMap(\.resource).allSatisfy { $0.force == true })
        }
    }

    @Test func anActiveResourceGoesWhenNothingNeedsIt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let resource = Harness.environment + "/resources/postgres/modules.web.externals.db"
            let used = try await harness.call(.delete, resource)
            #expect(used.status == 409 && used.message.contains("workload"), "\(used)")
            try await harness.must(404, .delete, Harness.environment + "/resources/postgres/nope")
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["remove": ["web"]]])
            try await harness.mustSucceed(try await harness.redeploy(["delta_id": delta["id"] ?? .null]))
            harness.runner.forget()
            try await harness.must(202, .delete, resource)
            try await eventually("the resource's end") { try await harness.resources().count == 1 }
            #expect(harness.runner.words == ["destroy postgres"])
            #expect(harness.runner.orders.first?.resource?.force == nil)
            // Forgotten, not destroyed; the class may be named.
            try await harness.must(
                204, .delete, Harness.environment + "/resources/route.default/modules.web.externals.site?detach=true")
            #expect(try await harness.resources().isEmpty)
            #expect(harness.runner.words == ["destroy postgres"])
            // A destruction is no deployment.
            #expect(try await harness.must(200, .get, Harness.environment + "/deploys").array?.count == 2)
        }
    }

    @Test func aDefinitionInUseIsKeptUnlessForced() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let refused = try await harness.call(.delete, "/orgs/acme/resources/defs/pg-all")
            #expect(refused.status == 409 && refused.message.contains("'pg-all'"))
            let affected = refused.body["details"]?["resources"]
            #expect(affected?.array?.count == 1 && affected?[0]?["app_id"] == "shop" && affected?[0]?["env_id"] == "development")
            #expect(affected?[0]?["res_id"] == "modules.web.externals.db" && affected?[0]?["type"] == "postgres")
            #expect(affected?[0]?["from_def"] == "pg-all" && affected?[0]?["to_def"] == "")
            try await harness.must(204, .delete, "/orgs/acme/resources/defs/pg-all?force=true")
        }
    }
}
