import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Orchestrator

/// People's word in deployments: cancel, retry, findings, limits of time, the queue.
@Suite struct RunControlTests {
    private static let deploys = Harness.environment + "/deploys"

    // MARK: Cancel

    @Test func aCancelledDeploymentTellsItsRunnerAndEnds() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.works { $0.words == "provision postgres" }
            let id = try await harness.deploy()
            try await eventually("the order") { harness.runner.words.contains("provision postgres") }
            let answer = try await harness.must(202, .post, "\(Self.deploys)/\(id)/cancel")
            #expect(answer["status"] == "in progress")
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(errors.map { $0["code"] } == ["DEP-201", "RUN-011"])
            #expect(errors.first?["message"]?.string?.hasPrefix("cancelled by") == true, "\(errors)")
            let steps = try await harness.steps(of: id)
            #expect(
                steps["workload web"] == "skipped" && steps["postgres.default#modules.web.externals.db"] == "failed", "\(steps)")
            #expect(harness.runner.stops.map(\.order.fence).count >= 1)
            #expect(!harness.runner.words.contains("deploy web"))
            // Still owned: the next deployment goes on from there.
            #expect(try await harness.resources().first { $0["type"] == "postgres" }?["status"] == "pending")
            let again = try await harness.call(.post, "\(Self.deploys)/\(id)/cancel")
            #expect(again.status == 409)
            harness.runner.performs()
            try await harness.mustSucceed(try await harness.redeploy())
        }
    }

    @Test func aDeploymentThatWaitsIsCancelledAtOnce() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let base = try await harness.deployed()
            let gate = harness.runner.holds()
            let first = try await harness.redeploy(["mode": "full"])
            let second = try await harness.deploy(Harness.score.replacing("web:1", with: "web:2"))
            let third = try await harness.redeploy()
            let waiting = try await harness.must(200, .get, "\(Self.deploys)/\(second)")
            #expect(waiting["queue_position"] == 1 && waiting["waits_for"] == .string(first))
            #expect(try await harness.must(200, .get, "\(Self.deploys)/\(third)")["queue_position"] == 2)
            let listed = try await harness.must(200, .get, Self.deploys).array ?? []
            #expect(listed.map { $0["queue_position"] ?? nil } == [2, 1, nil, nil], "\(listed)")
            let cancelled = try await harness.must(202, .post, "\(Self.deploys)/\(second)/cancel")
            #expect(cancelled["status"] == "failed" && cancelled["queue_position"] == nil)
            let error = try #require(try await harness.errors(of: second).first)
            #expect(error["code"] == "DEP-201" && error["message"]?.string?.contains("also in \(third)") == true, "\(error)")
            #expect(try await harness.must(200, .get, "\(Self.deploys)/\(third)")["queue_position"] == 1)
            // Nothing was made on top of this one: the environment builds on what was before.
            try await harness.must(202, .post, "\(Self.deploys)/\(third)/cancel")
            #expect(
                try await harness.must(409, .post, "\(Self.deploys)/\(third)/retry")["message"]?.string?.contains("runs") == true)
            gate.open()
            try await harness.mustSucceed(first)
            #expect(
                try await harness.must(409, .post, "\(Self.deploys)/\(third)/retry")["message"]?.string?.contains("never began")
                    == true)
            _ = base
        }
    }

    @Test func whatWasMadeOnACancelledDeploymentIsTheOnlyThingThatHasIt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let gate = harness.runner.holds()
            let first = try await harness.redeploy(["mode": "full"])
            let second = try await harness.deploy(Harness.score.replacing("web:1", with: "web:2"))
            try await harness.must(202, .post, "\(Self.deploys)/\(second)/cancel")
            gate.open()
            try await harness.mustSucceed(first)
            let next = try await harness.redeploy()
            try await harness.mustSucceed(next)
            let sets = try await [first, next].asyncMap { try await harness.must(200, .get, "\(Self.deploys)/\($0)")["set_id"] }
            #expect(sets[0] == sets[1])
        }
    }

    /// A step that was claimed, and its worker lost before it began: it never begins.
    @Test func whatWasClaimedAndNotBegunNeverBegins() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await harness.withRoom(heartbeat: 1) {
                try await harness.createOrganization("acme", by: People.administrator)
                try await harness.createShop()
                harness.runner.works { _ in true }
                let id = try await harness.deploy()
                try await eventually("both orders") { Set(harness.runner.orders.map(\.key)).count == 2 }
                try await harness.execute(
                    """
                    UPDATE orchestrator.steps SET state = 'ready' WHERE verb = 'provision'
                    """)
                try await harness.must(202, .post, "\(Self.deploys)/\(id)/cancel")
                #expect(try await harness.ended(id)["status"] == "failed")
            }
        }
    }

    // MARK: Retry

    @Test func aFailedStepIsTriedOnceMoreAndTheRunGoesOn() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                order.words == "provision postgres" && order.key.attempt == 1
                    ? FakeRunner.failure("DRV-301", "no connection") : FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let before = try await harness.must(200, .get, "\(Self.deploys)/\(id)/steps").array ?? []
            let web = try #require(before.first { $0["object"] == "workload web" })
            #expect(web["state"] == "skipped" && web["because"] == ["postgres.default#modules.web.externals.db"], "\(web)")
            let db = try #require(before.first { $0["state"] == "failed" })
            #expect(db["remedy"]?.string?.contains("martlet retry deployment \(id) --node") == true, "\(db)")
            let refused = try await harness.call(.post, "\(Self.deploys)/\(id)/retry", ["nodes": ["web"]])
            #expect(refused.status == 422 && refused.message.contains("because of postgres.default#"), "\(refused)")
            let unknown = try await harness.call(.post, "\(Self.deploys)/\(id)/retry", ["nodes": ["wbe"], "odd": 1])
            #expect(unknown.status == 422 && unknown.message.contains("odd"), "\(unknown)")
            harness.runner.forget()
            let answer = try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry", ["nodes": [db["object"] ?? ""]])
            #expect(answer["status"] == "in progress")
            try await harness.mustSucceed(id)
            #expect(harness.runner.words.sorted() == ["deploy web", "provision postgres"])
            #expect(harness.runner.orders.first { $0.words == "provision postgres" }?.key.attempt == 2)
            #expect(
                try await harness.count("SELECT count(*) AS count FROM orchestrator.step_attempts WHERE state = 'failed'") == 1)
            #expect(
                try await harness.must(409, .post, "\(Self.deploys)/\(id)/retry")["message"]?.string?.contains("succeeded")
                    == true)
        }
    }

    @Test func aDeploymentThatAnotherCameAfterIsNotRetried() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { _ in FakeRunner.failure("DRV-301", "no connection") }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            harness.runner.performs()
            let next = try await harness.redeploy()
            try await harness.mustSucceed(next)
            let answer = try await harness.call(.post, "\(Self.deploys)/\(id)/retry")
            #expect(answer.status == 409 && answer.message.contains("'\(next)' came after"), "\(answer)")
        }
    }

    /// T6: nobody knows how the step ended; it is shown with its remedy, and never tried by itself.
    @Test(arguments: ["retry", "gone", "stands"]) func anUnknownStepWaitsForPeople(finding: String) async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                order.words == "deploy web" && order.key.attempt == 1
                    ? ActionReply(
                        state: .unknown, failure: ActionFailure(code: "RUN-003", message: "lost in the act", retryable: false))
                    : FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let steps = try await harness.must(200, .get, "\(Self.deploys)/\(id)/steps").array ?? []
            let step = try #require(steps.first { $0["state"] == "unknown" })
            #expect(step["object"] == "workload web" && step["remedy"]?.string?.contains("--unknown stands") == true, "\(step)")
            let orders = harness.runner.orders.count
            let all = try await harness.call(.post, "\(Self.deploys)/\(id)/retry")
            #expect(all.status == 409 && all.message.contains("workload web"), "\(all)")
            let bare = try await harness.call(.post, "\(Self.deploys)/\(id)/retry", ["nodes": ["web"]])
            #expect(bare.status == 422 && bare.message.contains("'stands', 'gone' or 'retry'"), "\(bare)")
            #expect(harness.runner.orders.count == orders, "never blindly")
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry", ["nodes": ["web"], "unknown": .string(finding)])
            try await harness.mustSucceed(id)
            #expect(harness.runner.orders.count == (finding == "stands" ? orders : orders + 1))
            #expect(try await harness.resources().allSatisfy { $0["status"] == "active" })
            // The next deployment brings it to what is asked for.
            harness.runner.performs()
            let next = try await harness.redeploy()
            try await harness.mustSucceed(next)
            #expect(harness.runner.orders.count == orders + 1)
        }
    }

    @Test func aResourceThatNeverGaveItsOutputsDoesNotStand() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                order.words == "provision postgres" && order.key.attempt == 1
                    ? ActionReply(state: .unknown, failure: ActionFailure(code: "RUN-003", message: "lost", retryable: false))
                    : FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let node: JSON = "postgres.default#modules.web.externals.db"
            let answer = try await harness.call(.post, "\(Self.deploys)/\(id)/retry", ["nodes": [node], "unknown": "stands"])
            #expect(answer.status == 409 && answer.message.contains("outputs"), "\(answer)")
            #expect(try await harness.must(200, .get, "\(Self.deploys)/\(id)")["status"] == "failed", "nothing was changed")
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry", ["nodes": [node], "unknown": "gone"])
            try await harness.mustSucceed(id)
        }
    }

    @Test func aCancelledDeploymentGoesOnWhereItWasStopped() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.works { $0.words == "provision postgres" && $0.key.attempt == 1 }
            let id = try await harness.deploy()
            try await eventually("the order") { harness.runner.words.contains("provision postgres") }
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/cancel")
            #expect(try await harness.ended(id)["status"] == "failed")
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry")
            try await harness.mustSucceed(id)
            #expect(harness.runner.words.filter { $0 == "deploy web" }.count == 1)
            #expect(harness.runner.words.filter { $0 == "provision route" }.count == 1)
        }
    }

    // MARK: Limits

    @Test func aStepThatTakesTooLongIsToldToStop() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "pg-slow", "postgres", driver: "martlet/postgres", values: ["martlet_timeout_seconds": 1, "server": "two"],
                criteria: [["app_id": "shop"]])
            harness.runner.works { $0.words == "provision postgres" }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(errors.map { $0["code"] } == ["DEP-203"])
            #expect(
                errors[0]["message"]?.string?.contains("longer than 1 s (its definition's martlet_timeout_seconds)") == true,
                "\(errors)")
            let inputs = harness.runner.orders.first { $0.words == "provision postgres" }?.resource?.inputs["values"]
            #expect(inputs == ["server": "two"], "the driver does not see it")
        }
    }

    @Test func aLimitThatMakesNoSenseIsRefused() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "pg-odd", "postgres", driver: "martlet/postgres", values: ["martlet_timeout_seconds": "soon"],
                criteria: [["app_id": "shop"]])
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            #expect(try await harness.errors(of: id).map { $0["code"] } == ["DEP-205"])
        }
    }

    @Test func aDeploymentThatTakesTooLongIsStopped() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.works { $0.words == "provision postgres" }
            let path = Harness.environment + "/score-deploys"
            try await harness.must(400, .post, path + "?timeout=soon", Harness.body(Harness.score))
            let made = try await harness.must(202, .post, path + "?timeout=1", Harness.body(Harness.score))
            let id = try #require(made["id"]?.string)
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            // On a busy machine it is over before anything was ordered.
            #expect(errors.first?["code"] == "DEP-202" && errors.dropFirst().allSatisfy { $0["code"] == "RUN-011" }, "\(errors)")
            #expect(errors[0]["message"]?.string?.hasPrefix("the deployment took longer than its 1 s") == true)
            harness.runner.performs()
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry?timeout=600")
            try await harness.mustSucceed(id)
        }
    }

    // MARK: Queue

    @Test func whoDoesNotWantToWaitIsRefused() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds()
            let id = try await harness.deploy()
            let requests: [(String, JSON)] = [
                (Self.deploys, [:]), (Harness.environment + "/score-deploys", Harness.body(Harness.score)),
            ]
            for (path, body) in requests {
                let answer = try await harness.call(.post, path + "?queue=false", body)
                #expect(answer.status == 409 && answer.error == "environment_busy", "\(answer)")
                #expect(answer.body["details"]?["deployment_id"] == .string(id))
            }
            gate.open()
            try await harness.mustSucceed(id)
            try await harness.must(201, .post, Self.deploys + "?queue=false", [:])
        }
    }

    @Test func theQueueIsBounded() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds()
            let id = try await harness.deploy()
            var waiting: [String] = []
            for _ in 0..<20 { waiting.append(try await harness.redeploy()) }
            let answer = try await harness.call(.post, Self.deploys, [:])
            #expect(answer.status == 409 && answer.error == "queue_full" && answer.message.contains("cancel"), "\(answer)")
            for id in waiting { try await harness.must(202, .post, "\(Self.deploys)/\(id)/cancel") }
            gate.open()
            try await harness.mustSucceed(id)
        }
    }
}

extension Harness {
    /// Object -> state of each step.
    func steps(of id: String) async throws -> [String: String] {
        let steps = try await must(200, .get, "\(Self.environment)/deploys/\(id)/steps").array ?? []
        return Dictionary(
            steps.map { ($0["object"]?.string ?? "", $0["state"]?.string ?? "") }, uniquingKeysWith: { _, last in last })
    }
}

extension Sequence {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
