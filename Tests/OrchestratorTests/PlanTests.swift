import HTTPTypes
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct PlanTests {
    private static let plans = Harness.environment + "/plans"
    private static let db = "postgres.default#modules.web.externals.db"

    private func plan(
        _ body: JSON, _ harness: Harness, as principal: Principal = People.administrator,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JSON {
        try await harness.must(201, .post, Self.plans, body, as: principal, sourceLocation: sourceLocation)
    }

    private func deploy(_ plan: JSON, _ harness: Harness) async throws -> Harness.Answer {
        try await harness.call(.post, Harness.environment + "/deploys", ["plan_id": plan["id"] ?? .null])
    }

    private func actions(_ plan: JSON) -> [String] {
        (plan["nodes"]?.array ?? []).map { "\($0["action"]?.string ?? "") \($0["type"]?.string ?? "")" }.sorted()
    }

    @Test func aPlanTouchesNothingAndIsDeployedByItsID() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let made = try await plan(Harness.body(Harness.score), harness)
            #expect(actions(made) == ["create postgres", "create route", "create workload"])
            #expect(made["totals"] == ["create": 3, "update": 0, "replace": 0, "delete": 0, "keep": 0, "unused": 0])
            #expect(made["holds"] == true && made["source"] == "score" && made["mode"] == "incremental")
            let web = try #require(made["manifests"]?.array?.first)
            #expect(web["workload"] == "web" && web["awaits"]?.array?.contains(.string(Self.db)) == true)
            #expect((web["objects"]?.array ?? []).allSatisfy { $0["action"] == "create" } && web["objects"] != [])
            #expect(harness.runner.orders.isEmpty)
            let rows = try await harness.count(
                """
                SELECT (SELECT count(*) FROM orchestrator.deployments) + (SELECT count(*) FROM orchestrator.steps)
                     + (SELECT count(*) FROM orchestrator.sets) + (SELECT count(*) FROM orchestrator.deltas)
                     + (SELECT count(*) FROM orchestrator.active_resources) AS count
                """)
            #expect(rows == 0)
            let deployment = try await deploy(made, harness)
            #expect(deployment.status == 201 && deployment["set_id"] == made["set_id"]?.string)
            let id = try #require(deployment["id"])
            try await harness.mustSucceed(id)
            #expect(harness.runner.words.sorted() == ["deploy web", "provision postgres", "provision route"])
            // The delta of a plan from Score files is kept as that of a deployment of them.
            let delta = try await harness.must(200, .get, "/orgs/acme/apps/shop/deltas/\(deployment["delta_id"] ?? "")")
            #expect(delta["modules"]?["add"]?["web"] != nil)
            let after = try await harness.must(200, .get, "\(Self.plans)/\(made["id"]?.string ?? "")")
            #expect(after["deployment_id"] == .string(id) && after["holds"] == false)
            let list = try await harness.must(200, .get, Self.plans)
            #expect(list.array?.count == 1 && list[0]?["nodes"] == nil && list[0]?["totals"] == made["totals"])
        }
    }

    /// What changes is told by field, secrets by fingerprints, and what does not change is only counted.
    @Test func anUpdateNamesItsFieldsAndNoSecret() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let newer = Harness.score.replacing("web:1", with: "web:2")
                .replacing("${resources.db.password}@", with: "${resources.db.password}!@")
            let made = try await plan(Harness.body(newer), harness)
            #expect(actions(made) == ["keep postgres", "keep route", "update workload"])
            let objects = try #require(made["manifests"]?[0]?["objects"]?.array)
            let deployment = try #require(objects.first { $0["object"]?.string?.contains("Deployment") == true })
            let image = try #require(
                deployment["changes"]?.array?.first { $0["path"]?.string?.hasSuffix("/main/image") == true })
            #expect(
                image["before"] == ["value": "registry.example/web:1"] && image["after"] == ["value": "registry.example/web:2"])
            let secret = try #require(
                objects.flatMap { $0["changes"]?.array ?? [] }.first { $0["path"]?.string?.contains("DB_URL") == true })
            #expect(secret["before"]?["secret"]?.string?.count == 12 && secret["before"] != secret["after"])
            #expect(!made.canonical.contains("/password"))
            let stored = try await harness.count(
                "SELECT count(*) FROM orchestrator.plans WHERE plan::text || manifests::text LIKE '%/password%'")
            #expect(stored == 0)
        }
    }

    /// The one step of a deployment that changes nothing is its plan.
    @Test func nothingToDoWritesNoSteps() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            let made = try await plan([:], harness)
            #expect(made["totals"] == ["create": 0, "update": 0, "replace": 0, "delete": 0, "keep": 3, "unused": 0])
            #expect(made["manifests"] == [] && made["source"] == "base")
            // It changes nothing, so it holds once more after each deployment.
            for _ in 1...2 {
                let id = try #require(try await deploy(made, harness)["id"])
                try await harness.mustSucceed(id)
                let steps = try await harness.count("SELECT count(*) FROM orchestrator.steps WHERE deployment_id = \(id)")
                #expect(steps == 1 && harness.runner.orders.isEmpty)
            }
            let full = try await plan(["mode": "full"], harness)
            #expect(full["totals"]?["update"] == 3 && full["mode"] == "full")
            let id = try #require(try await deploy(full, harness)["id"])
            try await harness.mustSucceed(id)
            #expect(harness.runner.orders.count == 3, "the plan's mode is the deployment's")
        }
    }

    @Test func aStalePlanIsRefusedWithWhatMoved() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let newer = Harness.body(Harness.score.replacing("web:1", with: "web:2"))
            func stale(_ plan: JSON) async throws -> [String] {
                let answer = try await deploy(plan, harness)
                #expect(answer.status == 409 && answer.error == "plan_stale", "\(answer)")
                #expect(answer.message.contains("Plan again"))
                return (answer.body["details"]?["changes"]?.array ?? []).map {
                    "\($0["member"]?.string ?? "") \($0["id"]?.string ?? "")"
                }
            }
            let first = try await plan(newer, harness)
            try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/pg-all", ["driver_inputs": ["values": ["server": "two"]]])
            #expect(try await stale(first) == ["definition pg-all"])

            let second = try await plan(newer, harness)
            try await harness.define("pg-dev", "postgres", driver: "martlet/postgres", criteria: [["env_type": "development"]])
            #expect(try await stale(second).first?.hasPrefix("criterion ") == true)

            let third = try await plan(newer, harness)
            try await harness.mustSucceed(try await harness.redeploy())
            let moved = try await stale(third)
            #expect(moved == ["resource \(Self.db)", "workload web"], "the set is the same, what stands is not")

            let fourth = try await plan(newer, harness)
            try await harness.deployed(Harness.score.replacing("web:1", with: "web:3"))
            #expect(try await stale(fourth).contains("set "))
            #expect(try await harness.must(200, .get, "\(Self.plans)/\(fourth["id"]?.string ?? "")")["holds"] == false)
            #expect(try await harness.must(200, .get, Harness.environment + "/deploys").array?.count == 3)
        }
    }

    /// While another deployment runs nobody knows what the environment will be.
    @Test func aPlanWaitsForNoOtherDeployment() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let made = try await plan([:], harness)
            let gate = Gate()
            harness.runner.performs { order in
                try await gate.pass()
                return FakeRunner.success(of: order)
            }
            let running = try await harness.redeploy(["mode": "full"])
            // One that came in before anything was seen to move: it is compared again when its turn comes.
            let waiting = try await harness.redeploy()
            try await harness.execute(
                "UPDATE orchestrator.deployments SET expected_plan = (SELECT plan FROM orchestrator.plans) WHERE id = \(waiting)")
            let answer = try await deploy(made, harness)
            #expect(answer.status == 409 && answer.error == "plan_stale")
            #expect(answer.body["details"]?["changes"]?.array?.filter { $0["member"] == "deployment" }.count == 2)
            try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/pg-all", ["driver_inputs": ["values": ["server": "two"]]])
            gate.open()
            try await harness.mustSucceed(running)
            #expect(try await harness.ended(waiting)["status"] == "failed")
            let error = try #require(try await harness.errors(of: waiting).first)
            #expect(error["code"] == "PLAN-110" && error["message"]?.string?.contains("pg-all") == true, "\(error)")
        }
    }

    @Test func aPlanIsBroughtUpToDate() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let image = try await plan(Harness.body(Harness.score.replacing("web:1", with: "web:2")), harness)
            try await harness.deployed(Harness.score.replacing("path: /", with: "path: /shop"))
            let again = try await plan(["plan_id": image["id"] ?? .null], harness)
            #expect(again["source"] == "plan" && again["set_id"] != image["set_id"])
            try await harness.mustSucceed(try #require(try await deploy(again, harness)["id"]))
            let set = try await harness.must(200, .get, "/orgs/acme/apps/shop/sets/\(again["set_id"]?.string ?? "")")
            let web = try #require(set["modules"]?["web"])
            #expect(web["spec"]?["containers"]?["main"]?["image"] == "registry.example/web:2", "what the plan changed")
            #expect(web.canonical.contains("/shop"), "what changed meanwhile stays")
            // Both changed the image, each in its own way.
            let refused = try await harness.call(.post, Self.plans, ["plan_id": image["id"] ?? .null])
            #expect(refused.status == 201, "the same change is no contradiction")
            try await harness.deployed(Harness.score.replacing("web:1", with: "web:3"))
            let contradiction = try await harness.call(.post, Self.plans, ["plan_id": image["id"] ?? .null])
            #expect(contradiction.status == 409 && contradiction.message.contains("DELTA-104"))
            #expect(contradiction.body["details"]?["problems"]?.array?.first?["code"] == "DELTA-104")
        }
    }

    /// A deployment collects nothing; a plan that names it destroys it, once nothing uses it any more.
    @Test func whatIsUnusedGoesWhenThePlanNamesIt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            let without = Harness.score.components(droppingFrom: "  db:\n", to: "  site:\n")
                .replacing("      DB_HOST: ${resources.db.host}\n", with: "")
                .components(droppingFrom: "      DB_URL:", to: "      SITE:")
            let used = try await harness.call(.post, Self.plans, ["removing": [.string(Self.db)]])
            #expect(used.status == 422 && used.error == "plan_invalid" && used.message.contains("PLAN-111"))
            var body = Harness.body(without)
            body["removing"] = ["postgres.default#modules.web.externals.bd"]
            #expect(try await harness.call(.post, Self.plans, body).message.contains("did you mean '\(Self.db)'?"))
            body["removing"] = nil
            let kept = try await plan(body, harness)
            #expect(kept["totals"]?["unused"] == 1 && kept["removals"]?[0]?["action"] == "keep")
            body["removing"] = [.string(Self.db)]
            let made = try await plan(body, harness)
            #expect(made["totals"]?["delete"] == 1 && made["removals"]?[0]?["id"] == .string(Self.db))
            try await harness.mustSucceed(try #require(try await deploy(made, harness)["id"]))
            #expect(harness.runner.words == ["deploy web", "destroy postgres"])
            #expect(try await !harness.resources().contains { $0["type"] == "postgres" })
        }
    }

    @Test func plansAreFewAndTheirOwnersOnly() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            for _ in 0...PlanStore.limit { _ = try await plan([:], harness) }
            #expect(try await harness.must(200, .get, Self.plans).array?.count == PlanStore.limit)
            #expect(try await harness.count("SELECT count(*) FROM orchestrator.plans") == PlanStore.limit)
            try await harness.execute("UPDATE orchestrator.plans SET created_at = created_at - interval '8 days'")
            #expect(try await harness.must(200, .get, Self.plans) == [], "a week is over")
            let made = try await plan([:], harness, as: People.developer())
            #expect(try await harness.count("SELECT count(*) FROM orchestrator.plans") == 1)
            let path = "\(Self.plans)/\(made["id"]?.string ?? "")"
            try await harness.must(200, .get, path, as: People.viewer())
            try await harness.must(403, .post, Self.plans, [:], as: People.viewer())
            try await harness.must(403, .post, Self.plans, [:], as: People.developer(deployer: ["production"]))
            try await harness.must(404, .get, path, as: People.stranger)
            try await harness.must(404, .get, Self.plans + "/nothing")
            try await harness.must(404, .post, Harness.environment + "/deploys", ["plan_id": "nothing"])
        }
    }

    @Test func whatCannotBePlannedIsSaidAtOnce() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let odd = try await harness.call(
                .post, Self.plans, ["mdoe": "full", "delta_id": "d", "set_id": "s", "files": [["nam": "x"]]])
            #expect(odd.status == 422)
            for text in ["did you mean 'mode'?", "delta_id, files, set_id are given", "files[0].nam"] {
                #expect(odd.message.contains(text), "\(odd.message)")
            }
            #expect(try await harness.call(.post, Self.plans, ["set_id": "nothing"]).status == 404)
            #expect(try await harness.call(.post, Self.plans, ["delta_id": "nothing"]).status == 404)
            let unmatched = Harness.score.replacing("type: postgres", with: "type: mysql")
            let answer = try await harness.call(.post, Self.plans, Harness.body(unmatched))
            #expect(answer.status == 422 && answer.error == "plan_invalid" && answer.message.contains("MATCH-201"))
            let made = try await plan([:], harness)
            let both = try await harness.call(
                .post, Harness.environment + "/deploys", ["plan_id": made["id"] ?? .null, "set_id": "0"])
            #expect(both.status == 400 && both.message.hasPrefix("plan_id:"))
            let mode = try await harness.call(
                .post, Harness.environment + "/deploys", ["plan_id": made["id"] ?? .null, "mode": "full"])
            #expect(mode.status == 400 && mode.message.contains("incremental"))
        }
    }

    /// An output that its resource does not have is told before anything runs: refused where the driver's outputs are known, and
    /// foretold from what stands where they are not.
    @Test func whatWouldFailIsTold() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let wrong = Harness.score.replacing("DB_HOST: ${resources.db.host}", with: "DB_HOST: ${resources.db.hots}")
            let refused = try await harness.call(.post, Self.plans, Harness.body(wrong))
            #expect(refused.status == 422 && refused.message.contains("PLAN-107"))
            #expect(refused.message.contains("did you mean 'host'?"))
            try await harness.define("pg-foreign", "postgres", driver: "martlet/exec", criteria: [["app_id": "shop"]])
            try await harness.deployed()
            let made = try await plan(Harness.body(wrong), harness)
            let note = try #require(made["manifests"]?[0]?["note"]?.string)
            #expect(note.hasPrefix("it would fail: PLAN-107") && note.contains("did you mean 'host'?"))
        }
    }
}

extension String {
    /// Without what stands from the one mark to the other.
    fileprivate func components(droppingFrom start: String, to end: String) -> String {
        guard let from = firstRange(of: start), let to = self[from.upperBound...].firstRange(of: end) else { return self }
        return String(self[..<from.lowerBound] + self[to.lowerBound...])
    }
}
