import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// Resources that nothing asks for any more: listed, kept for a while, collected; and forgotten ones.
@Suite(.timeLimit(.minutes(5)))
struct CollectionTests {
    private static let collection = Harness.environment + "/collection"
    private static let collections = Harness.environment + "/collections"
    private static let interventions = Harness.environment + "/interventions"
    private static let db = "postgres.default#modules.web.externals.db"
    private static let site = "route.default#modules.web.externals.site"

    /// The shop, then the same workload without its resources.
    private func shopWithUnused(_ harness: Harness) async throws {
        try await harness.createShop()
        try await harness.deployed()
        try await harness.deployed(
            """
            apiVersion: score.dev/v1b1
            metadata:
              name: web
            containers:
              main:
                image: registry.example/web:1
            """)
        harness.runner.forget()
        harness.runner.finds { request in
            InspectionReply(
                resources: request.resources.map {
                    InspectionFinding(.cannotTell, holdsData: $0.work.identity.type == "postgres")
                }, workloads: [])
        }
    }

    private func lines(_ plan: JSON) -> [String: String] {
        Dictionary(
            (plan["resources"]?.array ?? []).map { ($0["id"]?.string ?? "", $0["action"]?.string ?? "") },
            uniquingKeysWith: { first, _ in first })
    }

    private func age(_ harness: Harness) async throws {
        try await harness.execute("UPDATE orchestrator.active_resources SET unused_since = unused_since - interval '8 days'")
    }

    private func ended(_ id: String, _ harness: Harness) async throws -> JSON {
        try await eventually(within: .seconds(60), "the collection") {
            let run = try await harness.must(200, .get, Self.collections).array?.first { $0["id"] == .string(id) }
            return ["succeeded", "failed"].contains(run?["status"]?.string) ? run : JSON?.none
        }
    }

    @Test func whatIsUnusedGoesAfterItsWindowAndDataOnlyWhenItIsNamed() async throws {
        try await Harness.with { harness in
            try await shopWithUnused(harness)
            let young = try await harness.must(200, .get, Self.collection)
            #expect(lines(young) == [Self.db: "keep", Self.site: "keep"] && young["older_than_hours"] == 168)
            #expect(young["resources"]?[0]?["unused_since"]?.string != nil)
            #expect(lines(try await harness.must(200, .get, Self.collection + "?older_than_hours=0"))[Self.site] == "collect")
            try await age(harness)
            let plan = try await harness.must(200, .get, Self.collection)
            #expect(lines(plan) == [Self.db: "keep", Self.site: "collect"])
            #expect(harness.runner.inspections.allSatisfy { !$0.isLooking && $0.grant.isEmpty })
            // Not what was agreed to.
            let other = try await harness.call(.post, Self.collections, ["expect": [.string(Self.db)]])
            #expect(other.status == 409 && other.body["details"]?["resources"] == [.string(Self.site)])
            #expect(harness.runner.orders.isEmpty)
            let run = try await harness.must(
                202, .post, Self.collections, ["expect": [.string(Self.site)], "reason": "tidy"])
            #expect(try await ended(run["id"]?.string ?? "", harness)["status"] == "succeeded")
            #expect(harness.runner.words == ["destroy route"])
            // By name, and with its data.
            let named = Self.collection + "?resources=" + HTTPCall.segment(Self.db)
            #expect(lines(try await harness.must(200, .get, named)) == [Self.db: "collect"])
            let last = try await harness.must(
                202, .post, Self.collections,
                ["expect": [.string(Self.db)], "resources": [.string(Self.db)], "force": true, "reason": "it was a trial"])
            #expect(try await ended(last["id"]?.string ?? "", harness)["status"] == "succeeded")
            #expect(harness.runner.orders.last?.resource?.force == true)
            #expect(try await harness.must(200, .get, Self.collection)["resources"] == [])
            let done = try await harness.must(200, .get, Self.interventions)
            #expect(done.array?.map { $0["action"]?.string } == ["collect", "collect"])
            #expect(done[0]?["reason"] == "it was a trial" && done[0]?["object"] == .string(Self.db))
            #expect(done[0]?["by"] == .string(People.administrator.id) && done[0]?["run_id"] == last["id"])
        }
    }

    @Test func whatIsAskedForAgainIsForgottenAndWhatWaitsItsTurnIsSpared() async throws {
        try await Harness.with { harness in
            try await shopWithUnused(harness)
            try await age(harness)
            // Used again before the collection has its turn: nothing of it goes.
            let gate = harness.runner.holds()
            let again = try await harness.deploy()
            let refused = try await harness.call(.post, Self.collections, ["expect": [.string(Self.site)]])
            #expect(refused.status == 409)
            gate.open()
            try await harness.mustSucceed(again)
            #expect(try await harness.must(200, .get, Self.collection)["resources"] == [])
            #expect(
                try await harness.count(
                    "SELECT count(*) AS count FROM orchestrator.active_resources WHERE unused_since IS NOT NULL") == 0)
        }
    }

    @Test func aFailedDeploymentLeavesNothingToCollect() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.performs { _ in FakeRunner.failure("DEP-001", "no") }
            let id = try await harness.deploy(
                "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: other}}\n")
            #expect(try await harness.ended(id)["status"] == "failed")
            let answer = try await harness.call(.get, Self.collection)
            #expect(answer.status == 409 && answer.message.contains(id))
        }
    }

    @Test func detachAndForceAreOnRecord() async throws {
        try await Harness.with { harness in
            try await shopWithUnused(harness)
            let resources = Harness.environment + "/resources/"
            try await harness.must(
                204, .delete, resources + "route.default/modules.web.externals.site?detach=true&reason=moved%20away")
            #expect(harness.runner.orders.isEmpty, "the real thing stays")
            try await harness.must(202, .delete, resources + "postgres.default/modules.web.externals.db?force=true")
            let done = try await harness.must(200, .get, Self.interventions).array ?? []
            #expect(done.map { $0["action"]?.string } == ["force_delete", "detach"])
            #expect(done.last?["reason"] == "moved away" && done.last?["object"] == .string(Self.site))
        }
    }

    @Test func oddRequestsAreTold() async throws {
        try await Harness.with { harness in
            try await shopWithUnused(harness)
            #expect(try await harness.call(.get, Self.collection + "?older_than_hours=-1").status == 422)
            #expect(try await harness.call(.get, Self.collection + "?resources=postgres.default%23nothing").status == 422)
            #expect(try await harness.call(.post, Self.collections, ["exepct": []]).status == 422)
            #expect(try await harness.call(.post, Self.collections, ["expect": []]).status == 409)
            #expect(try await harness.must(200, .get, Self.collections) == [])
        }
    }
}
