import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import Synchronization
import TestSupport
import Testing

@testable import Orchestrator

/// Rollouts by the real engine over a real database.
@Suite struct RolloutTests {
    private static let rollouts = "/orgs/acme/rollouts"
    private static let queued: SQL = "SELECT count(*)::int AS count FROM orchestrator.rollout_queue"
    private static func environment(_ id: String) -> String { "/orgs/acme/apps/shop/envs/\(id)" }

    /// `development`, `staging` and `production`, each of its type and deployed; types were made in this order.
    private static func threeEnvironments(_ harness: Harness) async throws {
        try await harness.createShop()
        for id in ["staging", "production"] {
            try await harness.must(201, .post, "/orgs/acme/env-types", ["id": .string(id)])
            try await harness.must(
                201, .post, "/orgs/acme/apps/shop/envs", ["id": .string(id), "name": .string(id), "type": .string(id)])
        }
        for id in ["development", "staging", "production"] {
            try await harness.ended(try await harness.deploy(to: environment(id)), in: environment(id))
        }
    }

    private static func change(_ harness: Harness, to server: String) async throws {
        try await harness.must(
            200, .patch, "/orgs/acme/resources/defs/pg-all", ["driver_inputs": ["values": ["server": .string(server)]]])
    }

    private static func begin(
        _ harness: Harness, _ more: [String: JSON] = ["start": true], as principal: Principal = People.administrator
    ) async throws -> String {
        let body = JSON.object(["definition_id": "pg-all", "batch_size": 1].merging(more) { $1 })
        return try #require(try await harness.must(201, .post, rollouts, body, as: principal)["id"]?.string)
    }

    private static func wait(_ harness: Harness, _ id: String, for status: String) async throws -> JSON {
        try await eventually(within: .seconds(90), "the rollout to be \(status)") {
            let rollout = try await harness.must(200, .get, "\(rollouts)/\(id)")
            return rollout["status"]?.string == status ? rollout : JSON?.none
        }
    }

    /// `env: state` in the order of the rollout.
    private static func states(_ rollout: JSON) -> [String] {
        (rollout["targets"]?.array ?? []).map { "\($0["env_id"]?.string ?? ""): \($0["state"]?.string ?? "")" }
    }

    private static func reason(_ rollout: JSON, _ index: Int) -> String { rollout["targets"]?[index]?["reason"]?.string ?? "" }

    /// The environments of the deployments that a rollout made, oldest first.
    private static func deployed(_ harness: Harness) async throws -> [String] {
        var made: [(at: String, env: String)] = []
        for id in ["development", "staging", "production"] {
            for deployment in try await harness.must(200, .get, environment(id) + "/deploys").array ?? []
            where deployment["comment"]?.string?.hasPrefix("rollout ") ?? false {
                made.append((deployment["created_at"]?.string ?? "", id))
            }
        }
        return made.sorted { $0.at < $1.at }.map(\.env)
    }

    @Test func aChangedDefinitionReachesEveryEnvironmentInTheOrderOfTheirTypes() async throws {
        try await Harness.with { harness in
            try await Self.threeEnvironments(harness)
            try await Self.change(harness, to: "two")
            harness.runner.forget()
            let id = try await Self.begin(harness, [:])
            let planned = try await Self.wait(harness, id, for: "planned")
            #expect(Self.states(planned) == ["development: planned", "staging: planned", "production: planned"])
            #expect(planned["targets"]?[0]?["totals"]?["update"]?.int ?? 0 > 0 && planned["version"]?.string != nil)
            #expect(harness.runner.orders.isEmpty, "a plan touches nothing")
            try await harness.must(200, .post, "\(Self.rollouts)/\(id)/actions/resume")
            let done = try await Self.wait(harness, id, for: "succeeded")
            #expect(Self.states(done) == ["development: succeeded", "staging: succeeded", "production: succeeded"])
            #expect(try await Self.deployed(harness) == ["development", "staging", "production"])
            let servers = harness.runner.orders.compactMap { $0.resource?.inputs["values"]?["server"]?.string }
            #expect(servers == ["two", "two", "two"])
            // Nothing is left to claim, and there is nothing more to do.
            try await eventually("the queue is empty") { try await harness.count(Self.queued) == 0 }
            let again = try await Self.wait(harness, try await Self.begin(harness), for: "succeeded")
            #expect(again["targets"] == [])
            let listed = try await harness.must(200, .get, Self.rollouts)
            #expect(listed.array?.count == 2 && listed[0]?["targets"] == nil)
        }
    }

    @Test func theFirstFailureStopsItAndItGoesOnWhenItIsResumed() async throws {
        try await Harness.with { harness in
            try await Self.threeEnvironments(harness)
            try await Self.change(harness, to: "two")
            let staging = try await harness.resources(in: Self.environment("staging"))
                .first { $0["type"] == "postgres" }?["gu_res_id"]?.string
            harness.runner.performs { order in
                order.key.node == staging ? FakeRunner.failure("DRV-301", "no more room") : FakeRunner.success(of: order)
            }
            let id = try await Self.begin(harness)
            let failed = try await Self.wait(harness, id, for: "failed")
            #expect(Self.states(failed) == ["development: succeeded", "staging: failed", "production: planned"])
            #expect(Self.reason(failed, 1).contains("DRV-301") && Self.reason(failed, 1).contains("no more room"))
            #expect(try await Self.deployed(harness) == ["development", "staging"])
            harness.runner.performs()
            try await harness.must(200, .post, "\(Self.rollouts)/\(id)/actions/resume")
            let rest = try await Self.wait(harness, id, for: "succeeded")
            #expect(Self.states(rest) == ["development: succeeded", "staging: succeeded", "production: succeeded"], "\(rest)")
            #expect(try await Self.deployed(harness) == ["development", "staging", "staging", "production"])
            #expect(try await harness.call(.post, "\(Self.rollouts)/\(id)/actions/resume").status == 409)
        }
    }

    /// The orchestrator is killed after each step that can be seen; the next one goes on. Nothing is done twice.
    @Test func itGoesOnAfterAKillAtEveryStep() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let id = Mutex("")
            try await harness.withRoom {
                try await harness.createOrganization("acme", by: People.administrator)
                try await Self.threeEnvironments(harness)
                try await Self.change(harness, to: "two")
                harness.runner.forget()
                let made = try await Self.begin(harness)
                id.withLock { $0 = made }
            }
            let rollout = id.withLock { $0 }
            let last = Mutex(""), lives = Mutex(0)
            while !last.withLock({ $0.hasPrefix("succeeded|") }) {
                lives.withLock { $0 += 1 }
                try #require(lives.withLock { $0 } < 100)
                try await harness.withRoom(heartbeat: 1) {
                    let before = last.withLock { $0 }
                    let now = try await eventually(within: .seconds(60), "a step of the rollout") {
                        let picture = try await harness.must(200, .get, "\(Self.rollouts)/\(rollout)")
                        let text = "\(picture["status"]?.string ?? "")|" + Self.states(picture).joined(separator: ",")
                        return text == before ? String?.none : text
                    }
                    last.withLock { $0 = now }
                }
            }
            #expect(lives.withLock { $0 } > 3)
            try await harness.withRoom {
                let made = try await Self.deployed(harness)
                #expect(made == ["development", "staging", "production"])
                try await eventually("the queue is empty") { try await harness.count(Self.queued) == 0 }
            }
        }
    }

    /// Two orchestrators, one rollout: never two deployments of one environment.
    @Test func twoOrchestratorsDoItOnce() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await harness.withRooms(["orchestrator", "other"], heartbeat: 1) {
                try await harness.createOrganization("acme", by: People.administrator)
                try await Self.threeEnvironments(harness)
                try await Self.change(harness, to: "two")
                let id = try await Self.begin(harness, ["start": true, "batch_size": 10])
                _ = try await Self.wait(harness, id, for: "succeeded")
                #expect(try await Self.deployed(harness) == ["development", "staging", "production"])
            }
        }
    }

    @Test func onlyWhatOneMayDeployToAndWhatIsFit() async throws {
        try await Harness.with { harness in
            try await Self.threeEnvironments(harness)
            try await Self.change(harness, to: "two")
            var lead = People.developer(deployer: ["development", "production"])
            lead.orgRole = .orgViewer
            // What it would deploy in production is not what runs there.
            let past = try await harness.must(200, .get, Self.environment("staging") + "/deploys")[0]?["id"]
            try await harness.must(204, .put, Self.environment("production") + "/from_deploy_id", past)
            let id = try await Self.begin(harness, as: lead)
            let done = try await Self.wait(harness, id, for: "succeeded")
            #expect(Self.states(done) == ["development: succeeded", "staging: left out", "production: left out"])
            #expect(Self.reason(done, 1).contains("may not deploy") && Self.reason(done, 2).contains("builds on"))
            let member = People.developer()
            #expect(try await harness.call(.get, Self.rollouts, as: member).status == 403)
            #expect(try await harness.call(.post, Self.rollouts, ["definition_id": "pg-all"], as: member).status == 403)
            var other = lead
            other.id = "user:other"
            let next = try await Self.begin(harness, ["env_types": ["production"]])
            let refused = try await harness.call(.post, "\(Self.rollouts)/\(next)/actions/cancel", as: other)
            #expect(refused.status == 403, "\(refused)")
        }
    }

    @Test func aYesIsForWhatWasPlanned() async throws {
        try await Harness.with { harness in
            try await Self.threeEnvironments(harness)
            try await Self.change(harness, to: "two")
            let id = try await Self.begin(harness, ["start": true, "env_types": ["staging", "development"]])
            // Started by itself: in the order that was asked for.
            let done = try await Self.wait(harness, id, for: "succeeded")
            #expect(Self.states(done) == ["staging: succeeded", "development: succeeded", "production: left out"])
            let waiting = try await Self.begin(harness, [:])
            _ = try await Self.wait(harness, waiting, for: "planned")
            let second = try await harness.call(.post, Self.rollouts, ["definition_id": "pg-all"])
            #expect(second.status == 409 && second.body["details"]?["rollout_id"]?.string == waiting)
            try await Self.change(harness, to: "three")
            try await harness.must(200, .post, "\(Self.rollouts)/\(waiting)/actions/resume")
            let failed = try await Self.wait(harness, waiting, for: "failed")
            #expect(Self.states(failed) == ["production: failed"] && Self.reason(failed, 0).contains("was changed since"))
            let cancelled = try await Self.begin(harness, [:])
            try await harness.must(200, .post, "\(Self.rollouts)/\(cancelled)/actions/cancel")
            #expect(try await Self.wait(harness, cancelled, for: "cancelled")["id"]?.string == cancelled)
            #expect(try await Self.deployed(harness) == ["staging", "development"])
        }
    }

    @Test func aRequestThatCannotBe() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let cases: [(JSON, Int, String)] = [
                ([:], 422, "definition_id"), (["definition_id": "a", "profile_id": "b"], 422, "profile_id"),
                (["definition_id": "pg-all", "batchsize": 1], 422, "did you mean 'batch_size'?"),
                (["definition_id": "pg-all", "batch_size": 0], 422, "1 to 1000"),
                (["definition_id": "pg-all", "env_types": []], 422, "at least one"),
                (["definition_id": "pg-all", "env_types": ["developmint"]], 400, "did you mean 'development'?"),
                (["definition_id": "pg-none"], 404, "pg-none"),
                (["definition_id": "pg-all", "version": "old"], 404, "'old'"),
                (["profile_id": "humanitec/default-modul"], 400, "did you mean 'humanitec/default-module'?"),
            ]
            for (body, status, words) in cases {
                let answer = try await harness.call(.post, Self.rollouts, body)
                #expect(answer.status == status && answer.message.contains(words), "\(body.canonical) -> \(answer)")
            }
            #expect(try await harness.call(.get, Self.rollouts + "/none").status == 404)
        }
    }

    /// Another version is nobody's until the first environment is deployed; then it is everybody's.
    @Test func anOlderVersionIsRolledOutAndActiveFromItsFirstDeploymentOn() async throws {
        try await Harness.with { harness in
            try await Self.threeEnvironments(harness)
            let versions = "/orgs/acme/resources/defs/pg-all/versions"
            let old = try #require(try await harness.must(200, .get, versions)[0]?["id"]?.string)
            try await Self.change(harness, to: "two")
            _ = try await Self.wait(harness, try await Self.begin(harness), for: "succeeded")
            let new = try #require(try await harness.must(200, .get, versions)[0]?["id"]?.string)
            func active() async throws -> String? {
                try await harness.must(200, .get, versions).array?.first { $0["active"] == true }?["id"]?.string
            }
            var lead = People.developer(deployer: ["development", "staging", "production"])
            lead.orgRole = .orgViewer
            let body: JSON = ["definition_id": "pg-all", "version": .string(old), "batch_size": 1]
            let refused = try await harness.call(.post, Self.rollouts, body, as: lead)
            #expect(refused.status == 403, "\(refused)")
            let id = try await Self.begin(harness, ["version": .string(old)])
            let planned = try await Self.wait(harness, id, for: "planned")
            #expect(planned["version"]?.string == old && planned["replaces"]?.string == new, "\(planned)")
            #expect(Self.states(planned) == ["development: planned", "staging: planned", "production: planned"], "\(planned)")
            #expect(try await active() == new, "a plan changes nothing")
            harness.runner.forget()
            try await harness.must(200, .post, "\(Self.rollouts)/\(id)/actions/resume")
            _ = try await Self.wait(harness, id, for: "succeeded")
            #expect(try await active() == old)
            let servers = harness.runner.orders.compactMap { $0.resource?.inputs["values"]?["server"]?.string }
            #expect(servers == ["one", "one", "one"])
        }
    }

    @Test func aVersionIsListedShownAndMadeActive() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await Self.change(harness, to: "two")
            let versions = "/orgs/acme/resources/defs/pg-all/versions"
            let all = try await harness.must(200, .get, versions).array ?? []
            #expect(all.map { $0["action"] } == ["updated", "created"] && all.map { $0["active"] } == [true, false])
            let old = versions + "/\(all.last?["id"]?.string ?? "")"
            #expect(try await harness.must(200, .get, old)["driver_inputs"]?["values"] == ["server": "one"])
            for _ in 1...2 { try await harness.must(204, .post, old + "/actions/promote") }
            let definition = try await harness.must(200, .get, "/orgs/acme/resources/defs/pg-all")
            #expect(definition["driver_inputs"]?["values"] == ["server": "one"])
            try await harness.must(404, .get, versions + "/none")
            try await harness.must(404, .post, versions + "/none/actions/promote")
            try await harness.must(404, .get, "/orgs/acme/resources/defs/none/versions")
            #expect(try await harness.call(.post, old + "/actions/promote", as: People.developer()).status == 403)
            // Nothing uses it, so that a rollout would do nothing, and would leave it as it is.
            let unused: JSON = ["definition_id": "pg-all", "version": all[0]["id"] ?? .null]
            let refused = try await harness.call(.post, Self.rollouts, unused)
            #expect(refused.status == 409 && refused.message.contains("promote"), "\(refused)")
        }
    }

    /// Nobody looks at a rollout whose deployment runs, until that has ended: then it goes on at once.
    @Test func itIsToldOfTheEndOfItsDeployments() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            try await Self.change(harness, to: "two")
            let gate = harness.runner.holds { $0.words == "deploy web" }
            let id = try await Self.begin(harness)
            try await eventually("the deployment is begun, and the rollout put off") {
                try await harness.count(
                    "SELECT count(*)::int AS count FROM orchestrator.rollout_queue WHERE available_at > clock_timestamp() + interval '5 s'"
                ) == 1
            }
            // Nobody would look for an hour.
            try await harness.execute(
                "UPDATE orchestrator.rollout_queue SET available_at = clock_timestamp() + interval '1 hour'")
            gate.open()
            _ = try await Self.wait(harness, id, for: "succeeded")
        }
    }

    /// What was watched has ended, and leads to more: that is done at once, and not when it would have been looked at again.
    @Test func theEndOfABatchBeginsTheNextAtOnce() async throws {
        try await Harness.with { harness in
            try await Self.threeEnvironments(harness)
            try await Self.change(harness, to: "two")
            let gate = harness.runner.holds { $0.words == "deploy web" }
            let id = try await Self.begin(harness)
            try await eventually("the rollout is put off until the first deployment ends") {
                try await harness.count(
                    "SELECT count(*)::int AS count FROM orchestrator.rollout_queue WHERE available_at > clock_timestamp() + interval '5 s'"
                ) == 1
            }
            // Whatever is put off from now on is put off for an hour.
            try await harness.execute(
                """
                CREATE FUNCTION orchestrator.put_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF NEW.available_at > clock_timestamp() + interval '1 s' THEN NEW.available_at := clock_timestamp() + interval '1 hour'; END IF;
                    RETURN NEW;
                END $$
                """)
            try await harness.execute(
                "CREATE TRIGGER put_off BEFORE UPDATE ON orchestrator.rollout_queue FOR EACH ROW EXECUTE FUNCTION orchestrator.put_off()"
            )
            try await harness.execute(
                "UPDATE orchestrator.rollout_queue SET available_at = clock_timestamp() + interval '1 hour'")
            gate.open()
            _ = try await Self.wait(harness, id, for: "succeeded")
        }
    }

    /// A profile changes with Martlet: what is on record of its workloads is what an earlier version made.
    @Test func aProfileIsRolledOutWhereItsObjectsDiffer() async throws {
        try await Harness.with { harness in
            try await Self.threeEnvironments(harness)
            let body: JSON = ["profile_id": "humanitec/default-module", "start": true]
            let same = try #require(try await harness.must(201, .post, Self.rollouts, body)["id"]?.string)
            let nothing = try await Self.wait(harness, same, for: "succeeded")
            #expect(
                Self.states(nothing) == ["development: unchanged", "staging: unchanged", "production: unchanged"], "\(nothing)")
            try await harness.execute(
                "UPDATE orchestrator.workload_manifests SET objects = jsonb_set(objects, '{0,kind}', '\"Older\"') WHERE env_id = 'staging'"
            )
            let id = try #require(try await harness.must(201, .post, Self.rollouts, body)["id"]?.string)
            let done = try await Self.wait(harness, id, for: "succeeded")
            #expect(Self.states(done) == ["development: unchanged", "staging: succeeded", "production: unchanged"], "\(done)")
            #expect(try await Self.deployed(harness) == ["staging"])
        }
    }

    /// What an environment was made from may go before it is deployed: its set stays.
    @Test func theBaseOutlivesTheEnvironmentThatItCameFrom() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let id = try await harness.deployed()
            try await harness.must(
                201, .post, "/orgs/acme/apps/shop/envs",
                ["id": "copy", "name": "copy", "type": "development", "from_deploy_id": .string(id)])
            try await harness.must(202, .delete, Harness.environment)
            try await eventually("the source is gone") { try await harness.call(.get, Harness.environment).status == 404 }
            let copy = Self.environment("copy")
            let made = try await harness.must(201, .post, copy + "/deploys", [:])
            let deployment = try await harness.ended(try #require(made["id"]?.string), in: copy)
            #expect(deployment["status"] == "succeeded")
            #expect(try await harness.resources(in: copy).contains { $0["type"] == "postgres" })
        }
    }
}
