import HTTPTypes
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Orchestrator

/// Organisations as the appliance sees them: limits, suspension.
@Suite struct OrganizationTests {
    // MARK: Limits

    @Test func everyMemberSeesTheLimitsAndWhatIsUsed() async throws {
        try await Harness.with { harness in
            harness.logs.answers { received, _ in
                #expect(received.target == "/v1/logs/usage?org=acme")
                return try .json(["bytes": 4096] as JSON)
            }
            try await harness.createShop()
            try await harness.setLimits(["applications": 3, "memory_bytes": .int(1 << 30)])
            let limits = try await harness.must(200, .get, "/orgs/acme/limits", as: People.viewer()).array ?? []
            #expect(limits.compactMap { $0["id"]?.string } == OrganizationLimit.allCases.map(\.rawValue))
            #expect(limits.first == ["id": "applications", "limit": 3, "used": 1])
            #expect(limits.contains(["id": "log_bytes", "limit": .null, "used": 4096]))
            #expect(limits.contains(["id": "memory_bytes", "limit": .int(1 << 30), "used": 0]))
            // Who counts the logs may be away: the rest is known.
            harness.logs.answers { _, _ in throw HTTPFailure.unavailable("away") }
            let without = try await harness.must(200, .get, "/orgs/acme/limits").array ?? []
            #expect(without.contains(["id": "log_bytes", "limit": .null, "used": .null]))
            try await harness.must(404, .get, "/orgs/acme/limits", as: People.stranger)
            // What is not named stays; everything that is wrong is told.
            try await harness.setLimits(["containers": 5, "applications": .null])
            let after = try await harness.must(200, .get, "/orgs/acme/limits").array ?? []
            #expect(after.contains(["id": "memory_bytes", "limit": .int(1 << 30), "used": 0]))
            #expect(after.first?["limit"] == .null)
            let error = await #expect(throws: RoomError.self) {
                try await harness.setLimits(["containers": -1, "cpu_millis": "x", "moons": 1])
            }
            let problems = error?.body?.details?["problems"]?.array ?? []
            #expect(problems.compactMap { $0["path"]?.string } == ["moons", "containers", "cpu_millis"], "\(problems)")
        }
    }

    @Test func ofManyWhoMakeTheLastOneAtOnceOneSucceeds() async throws {
        try await Harness.with { harness in
            try await harness.setLimits(["applications": 2, "environments": 3])
            let answers = try await withThrowingTaskGroup(of: Harness.Answer.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        try await harness.call(.post, "/orgs/acme/apps", ["id": .string("app-\(index)"), "name": "n"])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == 201 }.count == 2)
            for refused in answers where refused.status != 201 {
                #expect(refused.status == 409 && refused.error == "limit_reached", "\(refused)")
                #expect(refused.body["details"] == ["limit": "applications", "allowed": 2, "used": 2], "\(refused)")
                #expect(refused.message.contains("martlet-admin org limits acme applications=3"))
            }
            // Each came with an environment; one more fits.
            let made = try #require(answers.first { $0.status == 201 }?["id"])
            let environments = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<4 {
                    group.addTask {
                        try await harness.call(
                            .post, "/orgs/acme/apps/\(made)/envs", ["id": .string("env-\(index)"), "name": "n"]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(environments.sorted() == [201, 409, 409, 409])
            // Nothing of what was refused is left, and what goes makes room.
            #expect(try await harness.count("SELECT count(*) AS count FROM orchestrator.applications") == 2)
            try await harness.must(204, .delete, "/orgs/acme/apps/\(made)")
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "again", "name": "n"])
        }
    }

    private static func score(cpu: String? = "100m", memory: String? = "64Mi", image: String = "web:1") -> String {
        let amounts = [cpu.map { "cpu: \"\($0)\"" }, memory.map { "memory: \($0)" }].compactMap { $0 }.joined(separator: ", ")
        return """
            apiVersion: score.dev/v1b1
            metadata:
              name: web
            containers:
              main:
                image: registry.example/\(image)
                resources:
                  limits: {\(amounts)}
            """
    }

    @Test func whatWorkloadsMayUseIsCountedAndBounded() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed(Self.score(cpu: "300m", memory: "64Mi"))
            func used() async throws -> [Int?] {
                let limits = try await harness.must(200, .get, "/orgs/acme/limits").array ?? []
                return ["containers", "cpu_millis", "memory_bytes"].map { id in
                    limits.first { $0["id"] == .string(id) }?["used"]?.int
                }
            }
            #expect(try await used() == [1, 300, 64 << 20])
            try await harness.setLimits(["cpu_millis": 500, "containers": 1])
            // A plan shows it before anybody is refused.
            let body = Harness.body(Self.score(cpu: "600m"))
            let plan = try await harness.must(201, .post, Harness.environment + "/plans", body)
            let line = plan["limits"]?.array?.first { $0["id"] == "cpu_millis" }
            #expect(line == ["id": "cpu_millis", "limit": 500, "used": 300, "planned": 600], "\(plan)")
            let refused = try await harness.deploy(Self.score(cpu: "600m"))
            #expect(try await harness.ended(refused)["status"] == "failed")
            let errors = try await harness.errors(of: refused)
            #expect(errors.map { $0["code"] } == ["PLAN-116"], "\(errors)")
            let message = errors[0]["message"]?.string ?? ""
            #expect(message.contains("500m processors; 300m of it is used") && message.contains("cpu=600m"), "\(message)")
            #expect(try await used() == [1, 300, 64 << 20])
            // Without a limit of its own a container could take all there is.
            let open = try await harness.deploy(Self.score(cpu: nil))
            #expect(try await harness.ended(open)["status"] == "failed")
            #expect(try await harness.errors(of: open).map { $0["code"] } == ["PLAN-117"])
            try await harness.deployed(Self.score(cpu: "500m", memory: "32Mi"))
            #expect(try await used() == [1, 500, 32 << 20])
            // Beyond a limit that was lowered it may stay, change and shrink.
            try await harness.setLimits(["cpu_millis": 200])
            try await harness.deployed(Self.score(cpu: "500m", memory: "32Mi", image: "web:2"))
            try await harness.deployed(Self.score(cpu: "400m", memory: "32Mi"))
            // What goes gives it back.
            try await harness.must(202, .delete, Harness.environment)
            try await eventually("the end of the environment") {
                try await harness.call(.get, Harness.environment).status == 404
            }
            #expect(try await used() == [0, 0, 0])
        }
    }

    /// A rollout that failed may have left either: the larger of both counts until the next one.
    @Test func aFailedRolloutCountsAsTheLarger() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed(Self.score(cpu: "300m"))
            harness.runner.performs { _ in FakeRunner.failure("DEP-005", "not ready") }
            let failed = try await harness.deploy(Self.score(cpu: "100m", memory: "1Gi"))
            #expect(try await harness.ended(failed)["status"] == "failed")
            let limits = try await harness.must(200, .get, "/orgs/acme/limits").array ?? []
            #expect(limits.first { $0["id"] == "cpu_millis" }?["used"] == 300)
            #expect(limits.first { $0["id"] == "memory_bytes" }?["used"] == .int(1 << 30))
            harness.runner.performs()
            try await harness.deployed(Self.score(cpu: "100m", memory: "1Gi"))
            let after = try await harness.must(200, .get, "/orgs/acme/limits").array ?? []
            #expect(after.first { $0["id"] == "cpu_millis" }?["used"] == 100)
        }
    }

    @Test func deploymentsBeyondTheLimitWaitInTheirOrderAndSayWhy() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            for id in ["second", "third"] {
                try await harness.must(
                    201, .post, "/orgs/acme/apps/shop/envs", ["id": .string(id), "name": .string(id), "type": "development"])
            }
            try await harness.setLimits(["running_deployments": 1])
            let gate = harness.runner.holds()
            func environment(_ id: String) -> String { "/orgs/acme/apps/shop/envs/\(id)" }
            let first = try await harness.deploy()
            let second = try await harness.deploy(to: environment("second"))
            let third = try await harness.deploy(to: environment("third"))
            #expect(try await harness.must(200, .get, "\(Harness.environment)/deploys/\(first)")["status"] == "in progress")
            for (id, place) in [(second, "second"), (third, "third")] {
                let waiting = try await harness.must(200, .get, "\(environment(place))/deploys/\(id)")
                #expect(waiting["status"] == "pending" && waiting["queue_position"] == 1, "\(waiting)")
                let told = try await harness.rows(
                    "SELECT message FROM orchestrator.events WHERE deployment_id = \(id) AND message IS NOT NULL ORDER BY id"
                ).map { try $0.string("message") }
                #expect(told == ["1st in the queue: the organization runs as many deployments as its limit allows"], "\(told)")
            }
            gate.open()
            for (id, place) in [(first, "development"), (second, "second"), (third, "third")] {
                let ended = try await harness.ended(id, in: environment(place))
                #expect(ended["status"] == "succeeded", "\(ended)")
            }
            // One after the other, in the order in which they came.
            let spans = try await harness.rows(
                """
                SELECT deployment_id, min(started_at) AS began, max(ended_at) AS ended FROM orchestrator.steps
                GROUP BY deployment_id ORDER BY 2
                """)
            #expect(try spans.map { try $0.string("deployment_id") } == [first, second, third])
            for (one, next) in zip(spans, spans.dropFirst()) {
                #expect(try one.timestamp("ended") <= next.timestamp("began"))
            }
            #expect(try await harness.count("SELECT count(*) AS count FROM orchestrator.held_environments") == 0)
        }
    }

    // MARK: Deletion

    @Test func aDeletedOrganizationGoesDependentsFirstAndItsIdIsFree() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            try await harness.must(
                201, .post, "/orgs/acme/apps", ["id": "empty", "name": "E", "skip_environment_creation": true])
            let refused = await #expect(throws: RoomError.self) { try await harness.delete() }
            #expect(refused?.status == 409 && refused?.body?.error == "organization_in_use", "\(refused as Any)")
            #expect(refused?.body?.details?["environments"] == 1 && refused?.body?.details?["workloads"] == 1)
            #expect(try await harness.must(200, .get, Harness.environment)["status"] == "active")
            // A driver that fails holds it up, and it says so; then it goes on by itself.
            harness.runner.performs { order in
                order.words == "destroy postgres" ? FakeRunner.failure("DRV-001", "busy") : FakeRunner.success(of: order)
            }
            harness.runner.forget()
            let picture = try await harness.delete(withEverything: true)
            #expect(picture.state == .deleting)
            try await eventually("the failure") {
                try await harness.contents().obstacles.contains { $0.contains("shop/development") && $0.contains("busy") }
            }
            harness.runner.performs()
            try await harness.execute(
                "UPDATE orchestrator.environments SET status_changed_at = clock_timestamp() - interval '2 minutes'")
            try await eventually("the end of it") {
                try await harness.count("SELECT count(*) AS count FROM martlet.tenants WHERE org_id = 'acme'") == 0
            }
            let words = harness.runner.words
            let workloads = try #require(words.firstIndex(of: "remove environment")),
                last = words.lastIndex(of: "destroy postgres")
            #expect(workloads < (try #require(last)), "\(words)")
            for room in [harness.gateway, harness.logs, harness.runner.room, harness.broker.room] {
                #expect(room.received.contains { $0.method == .delete && $0.path == "/v1/orgs/acme" })
            }
            let left = try await harness.rows(
                """
                SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                WHERE nspname = 'orchestrator' AND relkind = 'r' AND EXISTS (
                    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND attname = 'org_id')
                AND query_to_xml(format('SELECT 1 AS found FROM orchestrator.%I LIMIT 1', relname), false, true, '')::text
                    LIKE '%<found>%'
                """)
            #expect(try left.map { try $0.string("relname") } == [])
            // The id is free, and nothing of the old one is there.
            try await harness.createOrganization("acme", by: People.administrator)
            #expect(try await harness.must(200, .get, "/orgs/acme/apps") == [])
        }
    }

    /// Nobody's rows go by the function that takes them, but those of who is being deleted.
    @Test func onlyWhoIsBeingDeletedIsForgotten() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            await #expect(throws: PostgresError.self) {
                try await harness.pool.withOrg("acme") { try await $0.forgetTenant(schema: "orchestrator") }
            }
            #expect(try await harness.must(200, .get, "/orgs/acme/apps").array?.count == 1)
        }
    }

    // MARK: Suspension

    @Test func aSuspendedOrganizationsWorkStandsStillAndGoesOn() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(
                201, .post, "/orgs/acme/apps/shop/envs", ["id": "second", "name": "Second", "type": "development"])
            let gate = harness.runner.holds { $0.words == "provision postgres" }
            let running = try await harness.deploy()
            try await eventually("the first step") { harness.runner.words.contains("provision postgres") }
            let picture = try await harness.suspend("not paid")
            #expect(picture.state == .suspended && picture.stateBy == "martlet-admin" && picture.stateReason == "not paid")
            // What waits does not begin; what has begun ends, and nothing comes after it.
            let waiting = try await harness.deploy(to: "/orgs/acme/apps/shop/envs/second")
            gate.open()
            try await eventually("the end of the step that had begun") {
                try await harness.count(
                    "SELECT count(*) AS count FROM orchestrator.steps WHERE verb = 'provision' AND state = 'succeeded'") > 0
            }
            let held = try await harness.must(200, .get, "/orgs/acme/apps/shop/envs/second/deploys/\(waiting)")
            #expect(held["status"] == "pending", "\(held)")
            let deadline = try await harness.rows(
                "SELECT deadline_at FROM orchestrator.deployments WHERE id = \(running)"
            ).first?.timestamp("deadline_at")
            let before = harness.runner.words.filter { $0 == "deploy web" }
            #expect(before.isEmpty, "\(harness.runner.words)")
            // Again changes nothing; then all of it goes on.
            #expect(try await harness.suspend("another").stateReason == "not paid")
            try await harness.resume()
            try await harness.mustSucceed(running)
            #expect(try await harness.ended(waiting, in: "/orgs/acme/apps/shop/envs/second")["status"] == "succeeded")
            let later = try await harness.rows(
                "SELECT deadline_at FROM orchestrator.deployments WHERE id = \(running)"
            ).first?.timestamp("deadline_at")
            #expect(try #require(later) > (try #require(deadline)))
        }
    }

    /// The gateway says that the organisation stands still before this room's claims have seen it: no step fails by it.
    @Test func aStepThatMeetsASuspensionWaits() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let asked = Gate()
            harness.gateway.answers { _, _ in
                asked.open()
                throw HTTPFailure(.conflict, OrganizationState.suspendedCode, "suspended")
            }
            let id = try await harness.deploy()
            try await asked.pass()
            #expect(try await harness.must(200, .get, "\(Harness.environment)/deploys/\(id)")["status"] == "in progress")
            harness.gateway.answers { _, _ in try .json(People.administrator) }
            try await harness.mustSucceed(id)
        }
    }
}

extension Harness {
    private var admin: RoomClient { RoomClient(room: "orchestrator", socket: folder.file("orchestrator.sock")) }

    func setLimits(_ limits: JSON) async throws { try await admin.send(.patch, "/v1/admin/orgs/acme/limits", body: limits) }

    func suspend(_ reason: String) async throws -> OrganizationPicture {
        try await admin.call(.post, "/v1/admin/orgs/acme/suspend", body: SuspensionRequest(reason: reason))
    }

    func contents() async throws -> OrganizationContents { try await admin.call(.get, "/v1/admin/orgs/acme/contents") }

    @discardableResult
    func delete(withEverything: Bool = false) async throws(RoomError) -> OrganizationPicture {
        try await admin.call(.delete, "/v1/admin/orgs/acme", query: withEverything ? [("with_everything", "true")] : [])
    }

    func resume() async throws { try await admin.send(.post, "/v1/admin/orgs/acme/resume") }
}
