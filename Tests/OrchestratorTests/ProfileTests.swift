import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// Workload profiles of an organisation's own, by the real engine over a real database.
@Suite struct ProfileTests {
    private static let profiles = "/orgs/acme/workload-profiles"
    private static let web = profiles + "/acme%2Fweb"

    private static func body(_ more: [String: JSON] = [:], replicas: Int = 2) -> JSON {
        .object(
            [
                "description": "Web servers",
                "spec_definition": [
                    "properties": [
                        "containers": ["type": "collection"], "service": ["type": "feature"],
                        "replicas": ["type": "feature", "schema": ["default": .int(Int64(replicas)), "maximum": 5]],
                    ]
                ], "workload_profile_chart": ["id": "humanitec/default-module", "version": "1.0.0"],
            ].merging(more) { $1 })
    }

    /// The set of a deployed environment with another profile of its workload, deployed.
    private static func deployWithProfile(_ harness: Harness, _ profile: String) async throws -> Harness.Answer {
        let delta = try await harness.must(
            200, .post, "/orgs/acme/apps/shop/deltas",
            ["modules": ["update": ["web": [["op": "replace", "path": "/profile", "value": .string(profile)]]]]])
        return try await harness.call(.post, Harness.environment + "/deploys", ["delta_id": delta["id"] ?? .null])
    }

    private static func replicas(_ harness: Harness) -> [Int] {
        harness.runner.orders.compactMap(\.workload).flatMap(\.objects).filter { $0["kind"] == "Deployment" }
            .compactMap { $0["spec"]?["replicas"]?.int }
    }

    @Test func theRoutes() async throws {
        try await Harness.with { harness in
            let builtIn = try await harness.must(200, .get, Self.profiles)
            #expect(
                builtIn.array?.compactMap { $0["id"]?.string } == [
                    "humanitec/default-module", "humanitec/default-job", "humanitec/default-cronjob",
                ])
            let made = try await harness.must(201, .post, Self.profiles, Self.body(["id": "web"]))
            #expect(made["id"] == "acme/web" && made["org_id"] == "acme" && made["created_by"] == "user:ann")
            #expect(made["spec_schema"]?["additionalProperties"] == false)
            #expect(try await harness.must(200, .get, Self.web) == made)
            #expect(try await harness.must(200, .get, Self.profiles + "/web") == made)
            #expect(try await harness.call(.post, Self.profiles, Self.body(["id": "acme/web"])).status == 409)
            for (id, words) in [("other/web", "acme/"), ("humanitec/web", "acme/"), ("W", "lower-case"), ("", "acme/")] {
                let refused = try await harness.call(.post, Self.profiles, Self.body(["id": .string(id)]))
                #expect(refused.status == 400 && refused.message.contains(words), "\(refused)")
            }
            let changed = try await harness.must(200, .put, Self.web, Self.body(["version": "two"], replicas: 3))
            #expect(changed["version"] == "two" && changed["created_at"] == made["created_at"])
            #expect(try await harness.call(.put, Self.web, Self.body(["version": "two"])).status == 409)
            #expect(try await harness.must(200, .get, Self.web + "/versions").array?.compactMap { $0["id"] }.first == "two")
            let latest = try await harness.must(200, .get, Self.web + "/versions/latest")
            #expect(latest["id"] == "two" && latest["workload_profile_id"] == "acme/web")
            try await harness.must(200, .put, Self.web, Self.body(["deprecation_message": "use another"]))
            #expect(try await harness.must(200, .get, Self.profiles).array?.count == 3)
            #expect(try await harness.must(200, .get, Self.profiles + "?deprecated=true").array?.count == 4)
            #expect(try await harness.must(200, .get, "/orgs/acme/workload-profile-features").array?.count ?? 0 > 10)
            #expect(try await harness.must(200, .get, "/orgs/acme/workload-profile-chart-versions").array?.count == 3)
            try await harness.must(204, .delete, Self.web)
            try await harness.must(404, .get, Self.web)
            try await harness.must(404, .put, Self.web, Self.body())
        }
    }

    @Test func theBuiltInOnesStay() async throws {
        try await Harness.with { harness in
            let one = Self.profiles + "/humanitec%2Fdefault-module"
            let shown = try await harness.must(200, .get, one)
            #expect(shown["org_id"] == "humanitec" && shown["version"] == "1.0.0")
            #expect(try await harness.must(200, .get, one + "/versions").array?.count == 1)
            #expect(try await harness.call(.put, one, Self.body()).status == 403)
            #expect(try await harness.call(.delete, one).status == 403)
            let member = People.developer()
            try await harness.must(200, .get, one, as: member)
            #expect(try await harness.call(.post, Self.profiles, Self.body(["id": "web"]), as: member).status == 403)
        }
    }

    @Test func everyProblemIsTold() async throws {
        try await Harness.with { harness in
            let refused = try await harness.call(
                .post, Self.profiles,
                [
                    "id": "web",
                    "spec_definition": ["properties": ["replica": ["type": "feature"], "service": ["type": "featur"]]],
                    "workload_profile_chart": ["id": "humanitec/default-modul", "version": "1"],
                ])
            #expect(refused.status == 400, "\(refused)")
            for words in ["'replicas'", "'feature'", "humanitec/default-module"] {
                #expect(refused.message.contains(words), "\(words): \(refused.message)")
            }
        }
    }

    @Test func workloadsAreDeployedAsTheirProfileSaysAndAChangedOneIsRolledOut() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            try await harness.must(201, .post, Self.profiles, Self.body(["id": "web"]))
            harness.runner.forget()
            let deployment = try await Self.deployWithProfile(harness, "acme/web")
            try await harness.mustSucceed(try #require(deployment["id"]))
            #expect(Self.replicas(harness) == [2])
            // The same once more: there is nothing to do, and no change to be shown.
            let plan = try await harness.must(201, .post, Harness.environment + "/plans", [:])
            #expect(plan["totals"]?["update"] == 0 && plan["set_id"] == deployment.body["set_id"], "\(plan)")

            let inUse = try await harness.call(.delete, Self.web)
            #expect(
                inUse.status == 409 && inUse.body["details"]?["environments"] == [["app_id": "shop", "env_id": "development"]])
            try await harness.must(200, .put, Self.web, Self.body(replicas: 4))
            let changed = try await harness.must(201, .post, Harness.environment + "/plans", [:])
            #expect(changed["totals"]?["update"] == 1, "\(changed)")
            harness.runner.forget()
            let rollout = try await harness.must(
                201, .post, "/orgs/acme/rollouts", ["profile_id": "acme/web", "start": true])
            let id = try #require(rollout["id"]?.string)
            let done = try await eventually(within: .seconds(60), "the rollout's end") {
                let now = try await harness.must(200, .get, "/orgs/acme/rollouts/\(id)")
                return now["status"] == "succeeded" ? now : JSON?.none
            }
            #expect(done["targets"]?[0]?["state"] == "succeeded" && done["version"]?.string != nil, "\(done)")
            #expect(Self.replicas(harness) == [4] && harness.runner.words == ["deploy web"], "\(harness.runner.words)")
        }
    }

    @Test func whatAProfileDoesNotAllowIsToldBeforeAnythingIsDone() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            try await harness.must(201, .post, Self.profiles, Self.body(["id": "web"], replicas: 9))
            harness.runner.forget()
            let refused = try await Self.deployWithProfile(harness, "acme/web")
            let failed = try await harness.ended(try #require(refused["id"]))
            #expect(failed["status"] == "failed")
            let errors = try await harness.must(200, .get, Harness.environment + "/deploys/\(refused["id"] ?? "")/errors")
            #expect(errors[0]?["code"] == "MAN-112" && errors[0]?["object_id"] == "modules.web.spec.replicas", "\(errors)")
            let unknown = try await Self.deployWithProfile(harness, "acme/wob")
            try await harness.ended(try #require(unknown["id"]))
            let none = try await harness.must(200, .get, Harness.environment + "/deploys/\(unknown["id"] ?? "")/errors")
            #expect(none[0]?["code"] == "MAN-109" && none[0]?["message"]?.string?.contains("acme/web") == true, "\(none)")
            #expect(harness.runner.orders.isEmpty)
        }
    }

    /// A deployment is carried out with the version that it was planned with.
    @Test func aProfileThatChangesMeanwhileIsTheNextDeployments() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(201, .post, Self.profiles, Self.body(["id": "web"]))
            let gate = harness.runner.holds { $0.words == "provision postgres" }
            let first = try await harness.call(
                .post, Harness.environment + "/deploys",
                ["delta_id": try await Self.newShop(harness)])
            try await eventually("the database is being made") { !harness.runner.orders.isEmpty }
            try await harness.must(200, .put, Self.web, Self.body(replicas: 5))
            gate.open()
            try await harness.mustSucceed(try #require(first["id"]))
            #expect(Self.replicas(harness) == [2])
        }
    }

    private static func newShop(_ harness: Harness) async throws -> JSON {
        let workload: JSON = [
            "profile": "acme/web",
            "spec": ["containers": ["main": ["id": "main", "image": "web:1", "variables": ["DB": "${externals.db.host}"]]]],
            "externals": ["db": ["type": "postgres"]],
        ]
        return try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["add": ["web": workload]]])["id"]
            ?? .null
    }
}
