import HTTPTypes
import PlatformModel
import ServiceAPI
import Testing

@testable import Orchestrator

/// What resources bring for the namespace and the cluster reaches the deploy target, whoever refers to them.
@Suite struct EnvironmentObjectsTests {
    private static func object(_ kind: String, _ name: String) -> JSON {
        ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(name)]]
    }

    /// A namespace; `base-env`, which nothing refers to; a config that the workload reaches through another one only.
    private static func perform(_ limit: String) -> FakeRunner.Performance {
        { order in
            guard order.key.verb == .provision, let work = order.resource else { return FakeRunner.success(of: order) }
            var outputs = ActionOutputs(values: work.inputs["values"] ?? [:])
            switch work.identity.type {
            case "k8s-namespace":
                outputs = ActionOutputs(values: ["namespace": "shop-dev"])
                outputs.manifests = [DriverManifest(location: "cluster", data: Self.object("Namespace", "shop-dev"))]
            case "base-env":
                var quota = Self.object("ResourceQuota", "limits")
                quota["spec"] = ["hard": ["pods": .string(limit)]]
                outputs.manifests = [DriverManifest(location: "namespace", data: quota)]
            case "config" where work.identity.class == "inner":
                outputs.manifests = [DriverManifest(location: "namespace", data: Self.object("ConfigMap", "inner"))]
            default: return FakeRunner.success(of: order)
            }
            return ActionReply(state: .succeeded, outputs: outputs)
        }
    }

    private static func define(_ harness: Harness) async throws {
        try await harness.createShop()
        let templates: JSON = ["templates": ["manifests": "{}"]]
        try await harness.define("own-namespace", "k8s-namespace", driver: "martlet/template", values: templates, criteria: [[:]])
        try await harness.define("base", "base-env", driver: "martlet/template", values: templates, criteria: [[:]])
        try await harness.define("inner", "config", criteria: [["class": "inner"]])
        try await harness.define(
            "outer", "config", values: ["id": "${resources['config.inner'].guresid}"], criteria: [[:]])
    }

    private static let score = Harness.score.replacing("resources:\n", with: "resources:\n  net:\n    type: config\n")

    @Test func allOfThemComeBeforeTheWorkload() async throws {
        try await Harness.with { harness in
            try await Self.define(harness)
            harness.runner.performs(Self.perform("10"))
            try await harness.deployed(Self.score)
            let orders = harness.runner.orders
            let place = try #require(orders.firstIndex { $0.workload != nil })
            let before = Set(orders[..<place].compactMap { $0.resource.map { "\($0.identity.type).\($0.identity.class)" } })
            #expect(before.isSuperset(of: ["k8s-namespace.default", "base-env.default", "config.inner", "postgres.default"]))
            let work = try #require(orders[place].workload)
            let kinds = work.objects.compactMap { $0["kind"]?.string }
            #expect(kinds == ["Namespace", "ResourceQuota", "ConfigMap", "Secret", "Service", "Deployment"])
            let namespaces = work.objects.map { $0["metadata"]?["namespace"]?.string }
            #expect(namespaces == [nil] + Array(repeating: "shop-dev", count: 5))
            // The slots have moved with their object.
            let slot = try #require(work.slots.first { $0.pointer.hasSuffix("DB_URL") })
            #expect(slot.pointer.hasPrefix("/3/stringData/"))
        }
    }

    @Test func aWorkloadIsDeployedOnceMoreWhenTheyChange() async throws {
        try await Harness.with { harness in
            try await Self.define(harness)
            harness.runner.performs(Self.perform("10"))
            try await harness.deployed(Self.score)
            harness.runner.forget()
            try await harness.deployed(Self.score)
            #expect(harness.runner.words.isEmpty)
            _ = try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/base",
                ["driver_inputs": ["values": ["templates": ["manifests": "{a: b}"]]]])
            harness.runner.performs(Self.perform("20"))
            try await harness.deployed(Self.score)
            #expect(harness.runner.words == ["provision base-env", "deploy web"])
            let work = try #require(harness.runner.orders.last?.workload)
            let quota = try #require(work.objects.first { $0["kind"] == "ResourceQuota" })
            #expect(quota["spec"]?["hard"]?["pods"] == "20")
        }
    }
}
