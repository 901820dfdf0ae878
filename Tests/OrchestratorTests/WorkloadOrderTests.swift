import HTTPTypes
import Planning
import PlatformModel
import ServiceAPI
import Testing

@testable import Orchestrator

@Suite struct WorkloadOrderTests {
    private let context = EnvironmentContext(orgID: "acme", appID: "shop", envID: "development", envType: "development")

    private func id(_ name: String) -> String {
        let node = context.guResID(of: ResourceIdentity(type: "workload", id: "modules.\(name)"))
        return StepStore.stepID(node: node, verb: "deploy")
    }

    @Test func eachPhasesStepsWaitForTheOnesBeforeThem() throws {
        let whens = ["one": "before", "two": "deploy", "three": "deploy", "four": "after"]
        let set = DeploymentSet(
            modules: whens.mapValues { Workload(profile: "", spec: [:], deploy: DeployCondition(when: $0)) })
        let graph = try GraphBuilder.build(set: set, context: context, definitions: [], resourceTypes: ResourceType.builtIn)
        let plan = DeploymentPlan.make(graph: graph, set: set, previous: nil, known: [], context: context, mode: .full)
        let planStep = StepStore.stepID(node: RunQueue.planNode, verb: "plan")
        let steps = whens.keys.map { name in
            StepStore.Step(
                node: String(id(name).dropFirst("deploy:".count)), verb: "deploy", object: name, dependsOn: [planStep])
        }
        let ordered = try WorkloadOrder(set, plan).applied(to: steps, of: plan)
        let names = Dictionary(whens.keys.map { (id($0), $0) }, uniquingKeysWith: { first, _ in first })
        let needs = Dictionary(
            ordered.map { ($0.object, Set($0.dependsOn.compactMap { names[$0] })) }, uniquingKeysWith: { first, _ in first })
        #expect(needs == ["one": [], "two": ["one"], "three": ["one"], "four": ["one", "two", "three"]])
        #expect(ordered.allSatisfy { $0.dependsOn.contains(planStep) })
    }

    /// Through the room: the plan says the order and why, the runner gets it, and what each deployment waits for.
    @Test func thePlanExplainsTheOrderAndTheRunnerSeesIt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let modules: JSON = [
                "migrate": Self.module("default-job", ["when": "before", "success": "complete", "timeout": 60]),
                "web": Self.module("default-module", ["success": "deploy"]),
                "smoke": Self.module("default-module", ["when": "after"]),
            ]
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["add": modules]])
            let plan = try await harness.must(
                201, .post, Harness.environment + "/plans", ["delta_id": try #require(delta["id"])])
            let order = try #require(plan["order"]?.array)
            #expect(order.map { $0["workload"] } == ["migrate", "web", "smoke"] && order.map { $0["round"] } == [1, 2, 3])
            #expect(order.map { $0["success"] } == ["complete", "deploy", "available"] && order[0]["timeout"] == 60)
            #expect(
                order[1]["after"] == [
                    [
                        "workload": "migrate", "because": "deploy.when",
                        "reason": "'migrate' asks to come before the others (deploy.when: before)",
                    ]
                ])
            #expect(order[2]["after"]?.array?.compactMap { $0["workload"]?.string } == ["migrate", "web"])
            // As the saved plan says it.
            let saved = try await harness.must(200, .get, Harness.environment + "/plans/\(plan["id"]?.string ?? "")")
            #expect(saved["order"] == plan["order"])
            let id = try await harness.redeploy(["plan_id": plan["id"] ?? .null])
            try await harness.mustSucceed(id)
            #expect(harness.runner.words == ["deploy migrate", "deploy web", "deploy smoke"])
            #expect(harness.runner.orders.map { $0.workload?.success } == ["complete", "deploy", nil])
            #expect(harness.runner.orders.first?.workload?.timeoutSeconds == 60)
        }
    }

    /// Also what nobody refers to, be it private or shared, or needed by what is: all of it is made first.
    @Test func whatIsReferredToNowhereIsMadeBeforeTheWorkloads() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "queue-def", "amqp", driver: "martlet/exec", values: ["near": "${resources['redis#shared.near'].guresid}"],
                criteria: [[:]])
            try await harness.define("near-def", "redis", driver: "martlet/exec", criteria: [[:]])
            var web = Self.module("default-module", [:])
            web["externals"] = ["own": ["type": "amqp"]]
            let delta = try await harness.must(
                200, .post, "/orgs/acme/apps/shop/deltas",
                [
                    "modules": ["add": ["web": web]],
                    "shared": [["op": "add", "path": "/loose", "value": ["type": "amqp"]]],
                ])
            let id = try await harness.redeploy(["delta_id": delta["id"] ?? .null])
            try await harness.mustSucceed(id)
            let words = harness.runner.words
            #expect(words == ["provision redis", "provision amqp", "provision amqp", "deploy web"])
        }
    }

    @Test func anOrderThatMakesNoSenseIsRefusedWhenItIsPlanned() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let modules: JSON = ["web": Self.module("default-module", ["when": "befor", "success": "complete", "timeout": 0])]
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["add": modules]])
            let answer = try await harness.call(
                .post, Harness.environment + "/plans", ["delta_id": try #require(delta["id"])])
            #expect(answer.status == 422, "\(answer)")
            let problems = answer.body["details"]?["problems"]?.array ?? []
            #expect(problems.map { $0["code"] } == ["PLAN-114", "PLAN-114", "PLAN-114"], "\(answer)")
            let id = try await harness.redeploy(["delta_id": delta["id"] ?? .null])
            #expect(try await harness.ended(id)["status"] == "failed")
            #expect(try await harness.errors(of: id).map { $0["code"] } == ["PLAN-114", "PLAN-114", "PLAN-114"])
        }
    }

    private static func module(_ profile: String, _ deploy: JSON) -> JSON {
        [
            "profile": .string("humanitec/" + profile), "deploy": deploy,
            "spec": ["containers": ["main": ["id": "main", "image": "registry.example/one:1"]]],
        ]
    }
}
