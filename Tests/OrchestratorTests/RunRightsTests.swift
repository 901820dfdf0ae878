import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// Whose rights a run has, and what the record says of people's word.
@Suite struct RunRightsTests {
    private static let deploys = Harness.environment + "/deploys"

    /// Whoever began it may do nothing any more; whoever has it tried again may.
    @Test func aRetryHasTheRightsOfWhoAsksForIt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.works { $0.words == "provision postgres" && $0.key.attempt == 1 }
            let id = try await harness.deploy(as: People.developer())
            try await eventually("the order") { harness.runner.words.contains("provision postgres") }
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/cancel", as: People.developer())
            #expect(try await harness.ended(id)["status"] == "failed")
            var leaver = People.developer()
            leaver.appRoles = [:]
            leaver.envTypeRoles = [:]
            harness.know(leaver)
            let refused = try await harness.call(.post, "\(Self.deploys)/\(id)/retry", as: leaver)
            #expect(refused.status == 403 || refused.status == 404, "\(refused)")
            let going = try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry")
            #expect(going["created_by"] == "user:dev" && going["retried_by"] == "user:ann" && going["retried_at"] != nil)
            try await harness.mustSucceed(id)
            let record = try await harness.must(200, .get, Harness.environment + "/interventions").array ?? []
            #expect(record.map { $0["action"] }.contains("retry") && record.map { $0["action"] }.last == "cancel", "\(record)")
            #expect(record.first { $0["action"] == "retry" }?["by"] == "user:ann")
            #expect(record.last?["by"] == "user:dev" && record.last?["object"] == .string("deployment \(id)"))
            #expect(record.allSatisfy { $0["run_id"] == .string(id) })
        }
    }

    /// And the other way round: a retry does not borrow the rights of whoever began the deployment.
    @Test func aRetryLosesItsRightsWithThoseOfWhoAsked() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                order.words == "provision postgres" && order.key.attempt == 1
                    ? FakeRunner.failure("DRV-301", "no connection") : FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let gate = harness.runner.holds { $0.words == "provision postgres" }
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry", as: People.developer())
            try await eventually("the order") { harness.runner.orders.contains { $0.key.attempt == 2 } }
            var leaver = People.developer()
            leaver.envTypeRoles = [:]
            harness.know(leaver)
            gate.open()
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(errors.map { $0["code"] } == ["ACC-001"], "\(errors)")
            #expect(errors.first?["message"]?.string?.hasPrefix("Dev may no longer deploy") == true, "\(errors)")
            // Mended by somebody who may: nothing of it is left in the errors.
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry")
            try await harness.mustSucceed(id)
            #expect(try await harness.errors(of: id).isEmpty)
        }
    }

    /// A failure of planning is no longer told once it was planned.
    @Test func whatWasWrongWithThePlanIsForgottenOnceItIsPlanned() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let id = try await harness.deploy(Harness.score.replacing("    type: route", with: "    type: dns"))
            #expect(try await harness.ended(id)["status"] == "failed")
            #expect(!(try await harness.errors(of: id)).isEmpty)
            try await harness.define("dns-all", "dns", values: ["host": "dns.example"], criteria: [[:]])
            try await harness.must(202, .post, "\(Self.deploys)/\(id)/retry", ["nodes": ["plan"]])
            try await harness.mustSucceed(id)
            #expect(try await harness.errors(of: id).isEmpty)
        }
    }

    @Test func oneStepByTwoNamesIsFoundOnce() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                order.words == "deploy web"
                    ? FakeRunner.unknown("RUN-003", "lost in the act") : FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            try await harness.must(
                202, .post, "\(Self.deploys)/\(id)/retry", ["nodes": ["web", "workload web", "web"], "unknown": "stands"])
            try await harness.mustSucceed(id)
            let record = try await harness.must(200, .get, Harness.environment + "/interventions").array ?? []
            #expect(record.first { $0["action"] == "settle" }?["reason"] == "found: stands", "\(record)")
        }
    }

    /// One that was cancelled while it waited did nothing: it stands in nobody's way.
    @Test func whatNeverBeganIsInNobodysWay() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds { $0.words == "provision postgres" }
            let first = try await harness.deploy()
            let second = try await harness.redeploy()
            try await harness.must(202, .post, "\(Self.deploys)/\(second)/cancel")
            try await harness.must(202, .post, "\(Self.deploys)/\(first)/cancel")
            gate.open()
            #expect(try await harness.ended(first)["status"] == "failed")
            harness.runner.performs()
            try await harness.must(202, .post, "\(Self.deploys)/\(first)/retry")
            try await harness.mustSucceed(first)
        }
    }
}

extension FakeRunner {
    static func unknown(_ code: String, _ message: String) -> ActionReply {
        ActionReply(state: .unknown, failure: ActionFailure(code: code, message: message, retryable: false))
    }
}
