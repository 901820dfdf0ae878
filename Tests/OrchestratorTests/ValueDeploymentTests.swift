import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// Shared values in what is planned and deployed.
@Suite struct ValueDeploymentTests {
    private static let app = "/orgs/acme/apps/shop", env = Harness.environment

    private static let score = """
        apiVersion: score.dev/v1b1
        metadata: {name: web}
        containers:
          main:
            image: registry.example/web:1
            variables:
              LEVEL: ${resources.env.LEVEL}
              URL: https://user:${resources.env.KEY}@host
              HOST: ${resources.db.host}
        resources:
          env: {type: environment}
          db: {type: postgres}
        """

    private func shop(_ body: @escaping @Sendable (Harness) async throws -> Void) async throws {
        try await Harness.with { harness in
            try await harness.define(
                "pg-all", "postgres", driver: "martlet/postgres", values: ["server": "${values.SERVER}"],
                secrets: ["password": "${values.KEY}"], criteria: [[:]])
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            for (key, value) in [("LEVEL", "info"), ("SERVER", "one")] {
                try await harness.must(
                    201, .post, Self.app + "/values", ["key": .string(key), "value": .string(value), "description": ""])
            }
            try await harness.must(
                201, .post, Self.app + "/values", ["key": "KEY", "value": "s3cret", "is_secret": true, "description": ""])
            try await body(harness)
        }
    }

    @Test func workloadsAndDriversAreGivenThem() async throws {
        try await shop { harness in
            try await harness.must(201, .post, Self.env + "/values", ["key": "LEVEL", "value": "debug", "description": ""])
            let id = try await harness.deployed(Self.score)
            let deployment = try await harness.must(200, .get, "\(Self.env)/deploys/\(id)")
            let newest = try await harness.must(200, .get, Self.env + "/value-set-versions")[0]?["id"]
            #expect(newest != nil && deployment["value_set_version_id"] == newest)
            let reference = try #require(harness.broker.current.secrets.keys.first { $0.contains("/values/KEY/") })
            let resource = try #require(harness.runner.orders.first { $0.words == "provision postgres" })
            #expect(resource.resource?.inputs["values"]?["server"] == "one")
            #expect(
                resource.resource?.slots == [
                    SecretSlot(pointer: "/secrets/password", parts: [.reference(SecretReference(ref: reference, version: "1"))])
                ])
            #expect(harness.broker.current.given[resource.request.grant]?.reads.map(\.ref) == [reference])
            let workload = try #require(harness.runner.orders.first { $0.words == "deploy web" })
            let objects = JSON.array(workload.workload?.objects ?? []).canonical
            #expect(objects.contains(#""debug""#) && !objects.contains("s3cret"), "\(objects)")
            #expect(workload.workload?.slots.references.map(\.ref) == [reference])
            #expect(workload.workload?.slots.flatMap(\.parts).contains(.text("https://user:")) == true)
        }
    }

    /// Only what reads a value is touched by its change, and the plan says so.
    @Test func aChangeTouchesWhatReadsIt() async throws {
        try await shop { harness in
            try await harness.deployed(Self.score)
            try await harness.must(200, .patch, Self.app + "/values/LEVEL", ["value": "warn"])
            let before = harness.runner.words.count
            let plan = try await harness.must(201, .post, Self.env + "/plans", [:])
            let nodes = plan["nodes"]?.array ?? []
            #expect(nodes.first { $0["type"] == "postgres" }?["action"] == "keep", "\(plan.canonical)")
            try await harness.mustSucceed(try await harness.redeploy(["mode": "incremental"]))
            #expect(harness.runner.words.dropFirst(before) == ["deploy web"])
            // A plan is stale once a value that it was made with is another.
            let planned = try await harness.must(201, .post, Self.env + "/plans", [:])["id"]?.string ?? ""
            try await harness.must(200, .patch, Self.app + "/values/SERVER", ["value": "two"])
            let stale = try await harness.call(.post, Self.env + "/deploys", ["plan_id": .string(planned)])
            #expect(stale.status == 409 && stale.message.contains("SERVER"), "\(stale)")
        }
    }

    @Test func anOlderVersionIsDeployedUntilItIsPurged() async throws {
        try await shop { harness in
            let first = try await harness.deployed(Self.score)
            let version = try #require(
                try await harness.must(200, .get, "\(Self.env)/deploys/\(first)")["value_set_version_id"]?.string)
            try await harness.must(200, .patch, Self.app + "/values/LEVEL", ["value": "warn"])
            try await harness.deployed(Self.score)
            let again = try await harness.redeploy(["value_set_version_id": .string(version)])
            try await harness.mustSucceed(again)
            let objects = JSON.array(harness.runner.orders.last { $0.words == "deploy web" }?.workload?.objects ?? []).canonical
            #expect(objects.contains(#""info""#), "\(objects)")
            // A plan with it says what it changes, holds, and is deployed with it.
            try await harness.deployed(Self.score)
            let plan = try await harness.must(201, .post, Self.env + "/plans", ["value_set_version_id": .string(version)])
            #expect(plan["value_set_version_id"] == .string(version) && plan.canonical.contains(#""info""#), "\(plan.canonical)")
            let planID = plan["id"]?.string ?? ""
            #expect(try await harness.must(200, .get, "\(Self.env)/plans/\(planID)")["holds"] == true)
            let twice = try await harness.call(
                .post, Self.env + "/deploys", ["plan_id": .string(planID), "value_set_version_id": .string(version)])
            #expect(twice.status == 400, "\(twice)")
            let planned = try await harness.redeploy(["plan_id": .string(planID)])
            try await harness.mustSucceed(planned)
            #expect(
                try await harness.must(200, .get, "\(Self.env)/deploys/\(planned)")["value_set_version_id"] == .string(version))
            try await harness.must(204, .post, Self.app + "/value-set-versions/\(version)/purge/LEVEL", [:])
            let purged = try await harness.call(.post, Self.env + "/deploys", ["value_set_version_id": .string(version)])
            #expect(purged.status == 409 && purged.message.contains("LEVEL"), "\(purged)")
            let unknown = try await harness.call(.post, Self.env + "/deploys", ["value_set_version_id": "nope"])
            #expect(unknown.status == 400 && unknown.message.contains("nope"))
        }
    }

    @Test func aValueThatIsNotThereIsNamed() async throws {
        try await shop { harness in
            let id = try await harness.deploy(Self.score.replacing("resources.env.LEVEL", with: "resources.env.LEVL"))
            #expect(try await harness.ended(id)["status"] == "failed")
            let error = try #require(try await harness.errors(of: id).first)
            #expect(error["code"] == "PLAN-102" && error["message"]?.string?.contains("LEVEL") == true, "\(error)")
            #expect(harness.runner.orders.isEmpty)
        }
    }
}
