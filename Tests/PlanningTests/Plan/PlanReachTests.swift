import Planning
import PlatformModel
import Testing

@Suite struct PlanReachTests {
    private func reach(_ set: DeploymentSet, _ definitions: [ResourceDefinition]) throws -> PlanReach {
        let context = Samples.development
        let graph = try GraphBuilder.build(
            set: set, context: context, definitions: definitions, resourceTypes: ResourceType.builtIn)
        return PlanReach(
            DeploymentPlan.make(graph: graph, set: set, previous: nil, known: [], context: context, mode: .full))
    }

    @Test("A workload reaches what it needs at any distance, and what nothing refers to")
    func reaches() throws {
        let set = DeploymentSet(
            modules: [
                "web": Samples.workload(
                    variables: ["H": "${externals.db.host}"], externals: ["db": ResourceRequest(type: "postgres")]),
                "api": Samples.workload(
                    variables: ["H": "${shared.cache.host}"], externals: ["own": ResourceRequest(type: "s3")]),
            ], shared: ["cache": ResourceRequest(type: "redis")])
        let reach = try reach(
            set,
            [
                Samples.definition("pg", "postgres", values: ["c": "${resources.config.outputs.x}"]),
                Samples.definition("c", "config"), Samples.definition("r", "redis"), Samples.definition("b", "base-env"),
                Samples.definition("n", "k8s-namespace"),
                Samples.definition("s", "s3", provision: ["aws-policy": CoProvision()]), Samples.definition("p", "aws-policy"),
                // Needs a workload, and so comes after one.
                Samples.definition("ingress", "logging", values: ["w": "${resources['workload#modules.web'].guresid}"]),
            ])
        let common = [
            "aws-policy.default#modules.api.externals.own", "base-env.default#base-env", "k8s-namespace.default#k8s-namespace",
        ]
        #expect(Set(reach.common.map(\.description)).isSuperset(of: common))
        #expect(!reach.common.contains { $0.type == "logging" || $0.type == "workload" })
        #expect(reach.lastCommon.map(\.description).sorted() == common)
        let web = reach.resources(for: ResourceIdentity(type: "workload", id: "modules.web")).map(\.description)
        #expect(
            web.contains("postgres.default#modules.web.externals.db") && web.contains("config.default#modules.web.externals.db"))
        #expect(Set(web).isSuperset(of: common) && !web.contains("redis.default#shared.cache") && web == web.sorted())
        let api = reach.resources(for: ResourceIdentity(type: "workload", id: "modules.api")).map(\.description)
        #expect(
            api.contains("redis.default#shared.cache") && !api.contains { $0.hasPrefix("postgres") || $0.hasPrefix("config") })
    }
}
