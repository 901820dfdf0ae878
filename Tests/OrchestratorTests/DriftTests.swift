import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import Synchronization
import TestSupport
import Testing

@testable import Orchestrator

/// Looking for what is no longer as it was deployed: reports, repairs, the schedule.
@Suite(.timeLimit(.minutes(5)))
struct DriftTests {
    private static let reports = Harness.environment + "/drift-reports"
    private static let db = "postgres.default#modules.web.externals.db"
    private static let site = "route.default#modules.web.externals.site"

    private func report(
        _ harness: Harness, _ body: JSON? = nil, as principal: Principal = People.administrator
    ) async throws -> JSON {
        let id = try #require(try await harness.must(202, .post, Self.reports, body, as: principal)["id"]?.string)
        return try await ended(id, harness)
    }

    private func ended(_ id: String, _ harness: Harness) async throws -> JSON {
        try await eventually(within: .seconds(60), "the report") {
            let report = try await harness.must(200, .get, "\(Self.reports)/\(id)")
            return report["status"] == "running" ? JSON?.none : report
        }
    }

    private func states(_ report: JSON) -> [String: String] {
        Dictionary(
            (report["findings"]?.array ?? []).map { ($0["object"]?.string ?? "", $0["state"]?.string ?? "") },
            uniquingKeysWith: { first, _ in first })
    }

    private static func tells(_ type: String, _ finding: InspectionFinding) -> FakeRunner.Inspection {
        { request in
            InspectionReply(
                resources: request.resources.map { $0.work.identity.type == type ? finding : InspectionFinding(.inSync) },
                workloads: request.workloads.map { _ in type == "workload" ? finding : InspectionFinding(.inSync) })
        }
    }

    @Test func whatStandsIsLookedAtUnderAGrantForReadsOnly() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            let before = try await harness.count("SELECT count(*) AS count FROM orchestrator.deployments")
            let made = try await report(harness)
            #expect(made["status"] == "succeeded" && made["origin"] == "asked" && made["repair"] == false)
            #expect(states(made) == [Self.db: "in_sync", Self.site: "in_sync", "workload web": "in_sync"])
            #expect(made["totals"] == ["in_sync": 3, "drifted": 0, "missing": 0, "cannot_tell": 0, "failed": 0])
            let asked = try #require(harness.runner.inspections.first)
            #expect(asked.workloads == ["web"] && asked.resources.count == 2)
            let postgres = try #require(asked.resources.first { $0.work.identity.type == "postgres" })
            #expect(postgres.last?.values["host"] == "db.internal" && postgres.last?.secretRefs["password"] != nil)
            let grant = try #require(harness.broker.current.given[asked.grant])
            #expect(grant.writePrefix == nil && grant.readPrefix?.hasSuffix("/resources") == true && !grant.standing)
            #expect(harness.broker.current.grants[asked.grant] == nil, "it has ended")
            #expect(harness.runner.orders.isEmpty)
            #expect(try await harness.count("SELECT count(*) AS count FROM orchestrator.deployments") == before)
            let list = try await harness.must(200, .get, Self.reports)
            #expect(list.array?.count == 1 && list[0]?["id"] == made["id"])
            #expect(try await harness.count("SELECT count(*) AS count FROM orchestrator.drift_queue") == 0)
        }
    }

    /// A definition's own limit of time is no input of its driver, which would refuse it as unknown.
    @Test func aDefinitionsLimitOfTimeIsNotLookedAt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "pg-patient", "postgres", driver: "martlet/postgres", values: ["martlet_timeout_seconds": 60, "server": "two"],
                criteria: [["app_id": "shop"]])
            try await harness.deployed()
            _ = try await report(harness)
            let asked = try #require(harness.runner.inspections.first)
            let postgres = try #require(asked.resources.first { $0.work.identity.type == "postgres" })
            #expect(postgres.work.inputs["values"] == ["server": "two"])
        }
    }

    @Test func onlyWhatHasDriftedIsRepaired() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            harness.runner.finds(
                Self.tells("route", InspectionFinding(.drifted, changes: [FieldChange("outputs/host", actual: "x", wanted: "y")]))
            )
            let looked = try await report(harness)
            #expect(looked["totals"]?["drifted"] == 1 && looked["deployment_id"] == nil)
            #expect(harness.runner.orders.isEmpty)
            let repaired = try await report(harness, ["repair": true])
            let id = try #require(repaired["deployment_id"]?.string)
            try await harness.mustSucceed(id)
            #expect(harness.runner.words == ["provision route"])
            let deployment = try await harness.must(200, .get, Harness.environment + "/deploys/\(id)")
            #expect(deployment["comment"]?.string?.contains(repaired["id"]?.string ?? "-") == true)
            // What is not there any more may come back as another: whoever depends on it is done, too.
            harness.runner.forget()
            harness.runner.finds(Self.tells("postgres", InspectionFinding(.missing)))
            let missing = try await report(harness, ["repair": true])
            try await harness.mustSucceed(try #require(missing["deployment_id"]?.string))
            #expect(harness.runner.words == ["provision postgres", "deploy web"])
            // The next deployment finds nothing to do.
            harness.runner.forget()
            try await harness.mustSucceed(try await harness.redeploy(["mode": "incremental"]))
            #expect(harness.runner.orders.isEmpty)
        }
    }

    @Test func aWorkloadThatIsGoneIsDeployedAgain() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            harness.runner.finds(Self.tells("workload", InspectionFinding(.missing)))
            let made = try await report(harness, ["repair": true])
            #expect(states(made)["workload web"] == "missing")
            try await harness.mustSucceed(try #require(made["deployment_id"]?.string))
            #expect(harness.runner.words == ["deploy web"])
        }
    }

    @Test func aRepairIsNoMoreThanARepair() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            // Only to be made anew: told, and left.
            harness.runner.finds(Self.tells("postgres", InspectionFinding(.drifted, mustBeReplaced: true)))
            let told = try await report(harness, ["repair": true])
            #expect(told["deployment_id"] == nil && told["message"]?.string?.contains("made anew") == true)
            // Another definition would replace it: refused by name.
            try await harness.define(
                "pg-new", "postgres", driver: "martlet/exec", values: [:], criteria: [["env_id": "development"]])
            harness.runner.finds(Self.tells("postgres", InspectionFinding(.missing)))
            let made = try await report(harness, ["repair": true])
            let id = try #require(made["deployment_id"]?.string)
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.must(200, .get, Harness.environment + "/deploys/\(id)/errors")
            #expect(errors[0]?["code"] == "PLAN-112")
            #expect(harness.runner.orders.isEmpty)
        }
    }

    @Test func nobodyLooksWhileADeploymentRuns() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let gate = harness.runner.holds()
            let running = try await harness.redeploy(["mode": "full"])
            let refused = try await harness.call(.post, Self.reports)
            #expect(refused.status == 409 && refused.message.contains(running))
            gate.open()
            try await harness.mustSucceed(running)
            // One begins while we look: what was found is worth nothing.
            let started = Mutex<String?>(nil)
            harness.runner.performs()
            harness.runner.finds { request in
                let id = try await harness.redeploy(["mode": "incremental"])
                started.withLock { $0 = id }
                try await harness.ended(id)
                return InspectionReply(
                    resources: request.resources.map { _ in InspectionFinding(.missing) },
                    workloads: request.workloads.map { _ in InspectionFinding(.missing) })
            }
            let made = try await report(harness, ["repair": true])
            #expect(made["status"] == "failed" && made["deployment_id"] == nil && made["findings"] == [])
            #expect(made["message"]?.string?.contains(started.withLock { $0 } ?? "-") == true)
        }
    }

    @Test func aRunnerThatIsAwayIsWaitedFor() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let times = Mutex(0)
            harness.runner.finds { request in
                let time = times.withLock { times in
                    times += 1
                    return times
                }
                if time == 1 { throw FakeRunner.away }
                return try await Self.tells("none", InspectionFinding(.inSync))(request)
            }
            #expect(try await report(harness)["totals"]?["in_sync"] == 3)
            #expect(times.withLock { $0 } >= 2)
        }
    }

    @Test func aRunnerThatStaysAwayIsGivenUp() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.finds { _ in throw FakeRunner.away }
            let id = try #require(try await harness.must(202, .post, Self.reports)["id"]?.string)
            try await harness.execute("UPDATE orchestrator.drift_queue SET deadline_at = clock_timestamp() - interval '1 second'")
            let made = try await ended(id, harness)
            #expect(made["status"] == "failed" && made["message"]?.string?.contains("runner") == true)
        }
    }

    /// The row moves from the schedule to the queue in one statement, and a report is made under a fence.
    @Test func twoOrchestratorsMakeOneReportOfTheSchedule() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await harness.withRoom("orchestrator", heartbeat: 1) {
                try await harness.withRoom("second", heartbeat: 1) {
                    try await harness.createOrganization("acme", by: People.administrator)
                    try await harness.createShop()
                    try await harness.deployed()
                    #expect(try await harness.count("SELECT count(*) AS count FROM orchestrator.drift_schedule") == 1)
                    let type = "/orgs/acme/env-types/development/drift"
                    #expect(try await harness.must(200, .get, type) == ["schedule": "off", "default": true])
                    let set = try await harness.must(200, .put, type, ["schedule": "repair"])
                    #expect(set["schedule"] == "repair" && set["set_by"] == .string(People.administrator.id))
                    harness.runner.finds(Self.tells("route", InspectionFinding(.missing)))
                    try await harness.execute("UPDATE orchestrator.drift_schedule SET due_at = clock_timestamp()")
                    let made = try await eventually(within: .seconds(60), "the scheduled report") {
                        let list = try await harness.must(200, .get, Self.reports)
                        return list[0]?["status"] == "succeeded" ? list[0] : JSON?.none
                    }
                    #expect(made["origin"] == "schedule" && made["created_by"] == .string(People.administrator.id))
                    try await harness.mustSucceed(try #require(made["deployment_id"]?.string))
                    #expect(try await harness.must(200, .get, Self.reports).array?.count == 1)
                    #expect(try await harness.count("SELECT count(*) AS count FROM orchestrator.drift_queue") == 0)
                    let later: SQL =
                        "SELECT count(*) AS count FROM orchestrator.drift_schedule WHERE due_at > clock_timestamp() + interval '1 hour'"
                    #expect(try await harness.count(later) == 1)
                    // Off: nobody looks, and the environment stays on the schedule.
                    try await harness.must(200, .put, type, ["schedule": "off"])
                    try await harness.execute("UPDATE orchestrator.drift_schedule SET due_at = clock_timestamp()")
                    try await eventually(within: .seconds(60), "its turn") { try await harness.count(later) == 1 }
                    try await eventually(within: .seconds(60), "the queue") {
                        try await harness.count("SELECT count(*) AS count FROM orchestrator.drift_queue") == 0
                    }
                    #expect(try await harness.must(200, .get, Self.reports).array?.count == 1)
                }
            }
        }
    }

    @Test func rightsAndOddRequests() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            #expect(try await harness.call(.post, Self.reports, ["repiar": true]).status == 422)
            #expect(try await harness.call(.post, Self.reports, ["repair": "yes"]).status == 422)
            #expect(try await harness.call(.get, Self.reports + "/nothing").status == 404)
            let type = "/orgs/acme/env-types/development/drift"
            let wrong = try await harness.call(.put, type, ["schedule": "reprot"])
            #expect(wrong.status == 422 && wrong.message.contains("report"))
            #expect(try await harness.call(.put, "/orgs/acme/env-types/nothing/drift", ["schedule": "off"]).status == 404)
            #expect(try await harness.must(200, .put, type, ["schedule": "default"])["default"] == true)
        }
    }
}
