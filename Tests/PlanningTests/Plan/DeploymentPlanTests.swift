import Planning
import PlatformModel
import TestSupport
import Testing

struct DeploymentPlanTests {
    private let set = DeploymentSet(modules: [
        "web": Samples.workload(
            variables: ["HOST": "${externals.db.host}"],
            externals: ["db": ResourceRequest(type: "pg"), "dns": ResourceRequest(type: "dns")])
    ])
    private let pg = Samples.definition(
        "pg", "pg", driver: "humanitec/postgres", values: ["host": "${resources.config.outputs.host}"])
    private let others = [Samples.definition("config", "config"), Samples.definition("dns", "dns")]

    private func plan(
        _ definitions: [ResourceDefinition], _ set: DeploymentSet, after previous: (DeploymentSet, DeploymentPlan)? = nil,
        mode: DeploymentMode = .incremental, failed: Set<String> = [], values: String = ""
    ) throws -> DeploymentPlan {
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions)
        let known = (previous?.1.nodes ?? []).filter { !$0.node.isPassThrough }.map { planned in
            KnownResource(
                ActiveResource(
                    context: Samples.development, identity: planned.node.identity, guResID: planned.node.guResID,
                    defID: planned.node.definitionID, defVersionID: planned.node.definitionVersionID,
                    criteriaID: planned.node.criteriaID, driverType: planned.node.driverType, driverAccount: nil, deployID: "d",
                    status: "active", resource: [:], secretRefs: [:], updatedAt: Timestamp(milliseconds: 0)),
                inputDigest: planned.inputDigest, failed: failed.contains(planned.node.identity.type))
        }
        let workloads = Dictionary(
            uniqueKeysWithValues: (previous?.1.nodes ?? []).compactMap { planned in
                planned.node.workload.map { ($0, planned.inputDigest) }
            })
        return DeploymentPlan.make(
            graph: graph, set: set, previous: previous?.0, known: known, context: Samples.development, mode: mode,
            workloadDigests: workloads, valuesDigest: values)
    }

    private func actions(_ plan: DeploymentPlan) -> [String] {
        plan.nodes.map { "\($0.node.identity.type) \($0.action.rawValue)" }
    }

    @Test func everythingIsCreatedFirst() throws {
        let plan = try plan([pg] + others, set)
        #expect(actions(plan) == ["config create", "dns create", "pg create", "workload create"])
        #expect(plan.setID == set.contentID && plan.workloads == ["web"] && plan.unused.isEmpty && plan.removedWorkloads.isEmpty)
        let stored = try JSON(encoding: plan)
        #expect(try DeploymentPlan(stored: stored) == plan)
        // As a version wrote it that knew less.
        var old = stored
        for name in ["basis", "removals"] { old[name] = nil }
        old["nodes"] = .array(
            (old["nodes"]?.array ?? []).map { planned in
                var planned = planned
                planned["changes"] = nil
                planned["node"]?["sharedValues"] = nil
                return planned
            })
        #expect(try DeploymentPlan(stored: old).nodes == plan.nodes)
    }

    @Test func aFullDeploymentDoesEverythingAgainAndAnIncrementalOneNothing() throws {
        let first = try plan([pg] + others, set)
        #expect(
            actions(try plan([pg] + others, set, after: (set, first), mode: .full)) == [
                "config update", "dns update", "pg update", "workload update",
            ])
        #expect(
            actions(try plan([pg] + others, set, after: (set, first))) == ["config keep", "dns keep", "pg keep", "workload keep"])
        #expect(
            actions(try plan([pg] + others, set, after: (set, first), values: "other")).allSatisfy { $0.hasSuffix("update") })
    }

    /// A change reaches what depends on it, and nothing else.
    @Test func aChangeReachesItsDependents() throws {
        let first = try plan([pg] + others, set)
        let config = Samples.definition("config", "config", values: ["host": "h"])
        #expect(
            actions(try plan([pg, config, others[1]], set, after: (set, first))) == [
                "config update", "dns keep", "pg update", "workload update",
            ])
        var changed = set
        changed.modules["web"]?.spec["replicas"] = 2
        #expect(
            actions(try plan([pg] + others, changed, after: (set, first))) == [
                "config keep", "dns keep", "pg keep", "workload update",
            ])
        #expect(
            actions(try plan([pg] + others, set, after: (set, first), failed: ["dns"])) == [
                "config keep", "dns update", "pg keep", "workload keep",
            ])
    }

    @Test func anotherVersionUpdatesAnotherDefinitionReplaces() throws {
        let first = try plan([pg] + others, set)
        func action(_ definition: ResourceDefinition) throws -> PlannedNode? {
            try plan([definition] + others, set, after: (set, first), mode: .full).nodes.first { $0.node.identity.type == "pg" }
        }
        var next = pg
        next.versionID = "2"
        #expect(try action(next)?.reason == "definition 'pg' has a new version")
        next.driverType = "martlet/postgres"
        #expect(try action(next)?.action == .update)
        next.driverType = "martlet/mariadb"
        #expect(try action(next)?.action == .replace)
        let other = Samples.definition("pg-2", "pg", driver: "humanitec/postgres")
        #expect(try action(other)?.reason == "definition 'pg-2' matches now, it was made by 'pg'")
        #expect(try action(other)?.action == .replace)
    }

    @Test func whatTheSetNoLongerNamesIsListedAndNeverDestroyed() throws {
        let first = try plan([pg] + others, set)
        let less = DeploymentSet(modules: ["api": Samples.workload()])
        let plan = try plan([pg] + others, less, after: (set, first))
        #expect(actions(plan) == ["workload create"])
        #expect(plan.removedWorkloads == ["web"])
        #expect(
            plan.unused.map(\.description) == [
                "config.default#modules.web.externals.db", "dns.default#modules.web.externals.dns",
                "pg.default#modules.web.externals.db",
            ])
    }
}
