import Planning
import PlatformModel
import Testing

struct WorkloadOrderTests {
    /// - Parameter workloads: When each is to be deployed, and the workloads whose spec it refers to, by way of a resource of its own.
    private func plan(
        _ workloads: [String: (when: String?, refersTo: [String])]
    ) throws -> (DeploymentSet, DeploymentPlan) {
        let set = DeploymentSet(
            modules: workloads.mapValues { asked in
                Workload(profile: "", spec: [:], deploy: asked.when.map { DeployCondition(when: $0) })
            })
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: [])
        var plan = DeploymentPlan.make(
            graph: graph, set: set, previous: nil, known: [], context: Samples.development, mode: .full)
        func identity(_ name: String) -> ResourceIdentity { ResourceIdentity(type: "workload", id: "modules.\(name)") }
        for index in plan.nodes.indices {
            let needs = plan.nodes[index].node.workload.flatMap { workloads[$0]?.refersTo } ?? []
            plan.nodes[index].node.dependsOn += needs.map(identity)
        }
        // As plans have them: what a node depends on stands before it.
        var placed: Set<ResourceIdentity> = [], nodes: [PlannedNode] = [], left = plan.nodes
        while let index = left.firstIndex(where: { $0.node.dependsOn.allSatisfy(placed.contains) }) {
            placed.insert(left[index].node.identity)
            nodes.append(left.remove(at: index))
        }
        plan.nodes = nodes + left
        return (set, plan)
    }

    private func words(_ workloads: [String: (when: String?, refersTo: [String])]) throws -> [String] {
        let (set, plan) = try plan(workloads)
        return try WorkloadOrder(set, plan).places.map { place in
            "\(place.round) \(place.workload): "
                + place.after.map { "\($0.workload) \($0.cause.rawValue)" }.joined(separator: ", ")
        }
    }

    @Test func eachPhaseComesAfterTheOnesBeforeIt() throws {
        #expect(
            try words(["one": ("before", []), "two": (nil, []), "three": ("deploy", ["two"]), "four": ("after", [])]) == [
                "1 one: ", "2 two: one deploy.when", "3 three: two reference, one deploy.when",
                "4 four: one deploy.when, three deploy.when, two deploy.when",
            ])
    }

    @Test func withoutAnOrderAllAreDeployedSideBySide() throws {
        let (set, plan) = try plan(["one": (nil, []), "two": ("deploy", [])])
        let order = try WorkloadOrder(set, plan)
        #expect(order.places.map(\.round) == [1, 1] && order.places.allSatisfy(\.after.isEmpty) && !order.isAskedFor)
    }

    @Test func nobodyWaitsForWhatIsKept() throws {
        var (set, plan) = try plan(["one": ("before", []), "two": (nil, [])])
        for index in plan.nodes.indices where plan.nodes[index].node.workload == "one" { plan.nodes[index].action = .keep }
        set.modules["two"]?.deploy = nil
        #expect(try WorkloadOrder(set, plan).places.map(\.workload) == ["two"])
        #expect(try WorkloadOrder(set, plan).places.first?.after.isEmpty == true)
    }

    @Test func anOrderAgainstWhatIsNeededIsRefused() throws {
        let (set, plan) = try plan(["one": ("before", ["two"]), "two": (nil, [])])
        let error = #expect(throws: PlanningError.self) { try WorkloadOrder(set, plan) }
        #expect(error?.problems.map(\.code) == ["PLAN-104"])
        #expect(error?.problems.first?.message.contains("'one', 'two'") == true)
    }

    @Test(arguments: [
        (DeployCondition(when: "befor"), "default-module", "deploy.when", "before"),
        (DeployCondition(success: "availabel"), "default-module", "deploy.success", "available"),
        (DeployCondition(success: "complete"), "default-module", "deploy.success", "available"),
        (DeployCondition(success: "complete"), "default-cronjob", "deploy.success", "available"),
        (DeployCondition(timeout: 0), "default-job", "deploy.timeout", nil),
        (DeployCondition(timeout: 86_401), "default-job", "deploy.timeout", nil),
    ]) func whatMakesNoSenseIsNamed(_ condition: DeployCondition, _ profile: String, _ field: String, _ suggestion: String?) {
        let set = DeploymentSet(modules: ["web": Workload(profile: "humanitec/" + profile, spec: [:], deploy: condition)])
        let problems = set.conditionProblems
        #expect(problems.map(\.code) == ["PLAN-114"] && problems.map(\.path) == ["modules.web.\(field)"])
        #expect(problems.first?.suggestion == suggestion)
    }

    @Test(arguments: ["deploy", "available", "complete"]) func aJobMayEndInEveryWay(success: String) {
        let job = Workload(profile: "humanitec/default-job", spec: [:], deploy: DeployCondition(success: success))
        #expect(DeploymentSet(modules: ["once": job, "plain": Workload(profile: "x", spec: [:])]).conditionProblems.isEmpty)
    }
}
