import HTTPTypes
import PlatformModel
import TestSupport
import Testing

@testable import Orchestrator

/// Deletions are looked at and cancelled; what is gone stays gone, and deleting again goes on.
@Suite struct DeletionControlTests {
    private static let deletions = Harness.environment + "/deletions"

    private static func newest(_ harness: Harness) async throws -> JSON {
        try #require(try await harness.must(200, .get, deletions).array?.first)
    }

    private static func active(_ harness: Harness) async throws -> JSON {
        try await eventually("the environment's return") {
            let environment = try await harness.must(200, .get, Harness.environment)
            return environment["status"] == "active" ? environment : JSON?.none
        }
    }

    @Test func aCancelledDeletionLeavesWhatStandsAndGoesOnWhenAskedAgain() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.works { $0.words == "destroy postgres" }
            try await harness.must(202, .delete, Harness.environment)
            try await eventually("what goes first") {
                let names = try await harness.resources().map { $0["type"] }
                return harness.runner.words.contains("destroy postgres") && !names.contains("route")
            }
            let running = try await Self.newest(harness)
            #expect(running["object"] == "environment development" && running["status"] == "in progress")
            let id = try #require(running["id"]?.string)
            // A deletion is no deployment.
            try await harness.must(404, .post, Harness.environment + "/deploys/\(id)/cancel")
            let refused = try await harness.call(.post, "\(Self.deletions)/\(id)/cancel", as: People.viewer())
            #expect(refused.status == 403, "\(refused)")
            let stopping = try await harness.must(202, .post, "\(Self.deletions)/\(id)/cancel")
            #expect(stopping["cancelled"] == true && stopping["cancelled_by"] == "Ann", "\(stopping)")
            let environment = try await Self.active(harness)
            let message = environment["status_message"]?.string ?? ""
            #expect(message.hasPrefix("the deletion was cancelled by Ann; gone: its workloads, route.default#"), "\(message)")
            #expect(message.contains("told to stop, and perhaps half gone: postgres.default#"), "\(message)")
            let ended = try await Self.newest(harness)
            #expect(ended["status"] == "failed" && ended["errors"]?[0]?["code"] == "DEP-201", "\(ended)")
            #expect(ended["errors"]?[0]?["message"]?.string?.contains("delete again to go on") == true, "\(ended)")
            let step = ended["steps"]?.array?.first { $0["state"] == "failed" }
            #expect(step?["remedy"]?.string?.contains("delete again") == true, "\(ended)")
            try await harness.must(409, .post, "\(Self.deletions)/\(id)/cancel")
            let record = try await harness.must(200, .get, Harness.environment + "/interventions").array ?? []
            #expect(record.first?["action"] == "cancel" && record.first?["object"] == .string("deletion \(id)"), "\(record)")
            // In use again: a deployment brings back what is gone.
            harness.runner.performs()
            harness.runner.forget()
            let back = try await harness.redeploy()
            try await harness.mustSucceed(back)
            #expect(Set(harness.runner.words) == ["provision postgres", "provision route", "deploy web"])
            #expect(try await harness.must(200, .get, Harness.environment)["status_message"] == nil)
            // Deleted again, all of it goes.
            try await harness.must(202, .delete, Harness.environment)
            try await eventually("the environment's end") { try await harness.call(.get, Harness.environment).status == 404 }
        }
    }

    @Test func deletingAgainGoesOnWhereItWasStopped() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.works { $0.words == "destroy postgres" }
            try await harness.must(202, .delete, Harness.environment)
            try await eventually("what goes first") {
                try await harness.resources().count == 1 && harness.runner.words.contains("destroy postgres")
            }
            let id = try #require(try await Self.newest(harness)["id"]?.string)
            try await harness.must(202, .post, "\(Self.deletions)/\(id)/cancel")
            _ = try await Self.active(harness)
            harness.runner.performs()
            harness.runner.forget()
            try await harness.must(202, .delete, Harness.environment)
            try await eventually("the environment's end") { try await harness.call(.get, Harness.environment).status == 404 }
            #expect(harness.runner.words == ["remove environment", "destroy postgres"])
        }
    }

    @Test func oneThatWaitsIsCancelledAtOnceAndNothingIsRemoved() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            let gate = harness.runner.holds()
            let running = try await harness.redeploy(["mode": "full"])
            // One that has begun nothing ends at once, and what waits for it begins.
            try await eventually("it is begun") { !harness.runner.orders.isEmpty }
            try await harness.must(202, .delete, Harness.environment)
            let waiting = try await Self.newest(harness)
            #expect(waiting["queue_position"] == 1 && waiting["waits_for"] == .string(running), "\(waiting)")
            let cancelled = try await harness.must(202, .post, "\(Self.deletions)/\(waiting["id"]?.string ?? "")/cancel")
            #expect(cancelled["status"] == "failed" && cancelled["steps"] == [])
            let environment = try await harness.must(200, .get, Harness.environment)
            #expect(environment["status"] == "active")
            #expect(environment["status_message"] == "the deletion was cancelled by Ann: nothing was removed")
            gate.open()
            // What was being deployed begins nothing more since the deletion.
            _ = try await harness.ended(running)
            #expect(try await harness.errors(of: running).map { $0["code"] } == ["DEP-201"])
            #expect(!harness.runner.words.contains { $0.hasPrefix("destroy") || $0.hasPrefix("remove") })
        }
    }

    @Test func anApplicationStaysWithTheEnvironmentWhoseDeletionWasCancelled() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.works { $0.words == "destroy postgres" }
            try await harness.must(202, .delete, "/orgs/acme/apps/shop")
            try await eventually("the order") { harness.runner.words.contains("destroy postgres") }
            let id = try #require(try await Self.newest(harness)["id"]?.string)
            try await harness.must(202, .post, "\(Self.deletions)/\(id)/cancel")
            _ = try await Self.active(harness)
            let app = try await harness.must(200, .get, "/orgs/acme/apps/shop")
            #expect(app["status"] == "active")
            #expect(app["status_message"] == "the deletion was cancelled: its environment 'development' stays")
            harness.runner.performs()
            try await harness.must(202, .delete, "/orgs/acme/apps/shop")
            try await eventually("the application's end") { try await harness.call(.get, "/orgs/acme/apps/shop").status == 404 }
        }
    }

    /// While it is being stopped nobody may believe that deleting again does something.
    @Test func whileItIsBeingStoppedItCannotBeAskedForAgain() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let gate = harness.runner.holds { $0.words == "remove environment" }
            try await harness.must(202, .delete, Harness.environment)
            try await eventually("the order") { harness.runner.words.contains("remove environment") }
            let id = try #require(try await Self.newest(harness)["id"]?.string)
            try await harness.must(202, .post, "\(Self.deletions)/\(id)/cancel")
            let again = try await harness.call(.delete, Harness.environment)
            #expect(again.status == 409 && again.message.contains("is being cancelled"), "\(again)")
            gate.open()
            let environment = try await Self.active(harness)
            #expect(environment["status_message"]?.string?.contains("gone: its workloads; as before: ") == true, "\(environment)")
        }
    }

    @Test func aResourceWhoseDeletionNeverBeganIsAsItWas() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["remove": ["web"]]])
            try await harness.mustSucceed(try await harness.redeploy(["delta_id": delta["id"] ?? .null]))
            let resource = Harness.environment + "/resources/postgres/modules.web.externals.db"
            let gate = harness.runner.holds { $0.words == "destroy route" }
            try await harness.must(202, .delete, Harness.environment + "/resources/route/modules.web.externals.site")
            try await harness.must(202, .delete, resource)
            let waiting = try await Self.newest(harness)
            #expect(waiting["object"] == "postgres.default#modules.web.externals.db", "\(waiting)")
            func status() async throws -> JSON? { try await harness.resources().first { $0["type"] == "postgres" }?["status"] }
            #expect(try await status() == "deleting")
            try await harness.must(202, .post, "\(Self.deletions)/\(waiting["id"]?.string ?? "")/cancel")
            #expect(try await status() == "active")
            gate.open()
            try await eventually("the other's end") { try await harness.resources().count == 1 }
        }
    }
}
