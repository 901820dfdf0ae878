import Planning
import PlatformModel
import Testing

@testable import Orchestrator

@Suite struct WorkloadOrderTests {
    private let context = EnvironmentContext(orgID: "acme", appID: "shop", envID: "development", envType: "development")

    private func identity(_ name: String) -> ResourceIdentity { ResourceIdentity(type: "workload", id: "modules.\(name)") }
    private func node(_ name: String) -> String { context.guResID(of: identity(name)) }
    private func id(_ name: String) -> String { StepStore.stepID(node: node(name), verb: "deploy") }

    /// - Parameter workloads: When each is to be deployed, and the workloads that it needs.
    private func apply(_ workloads: [String: (when: String?, needs: [String])]) throws -> [String: Set<String>] {
        let set = DeploymentSet(
            modules: workloads.mapValues { Workload(profile: "", spec: [:], deploy: DeployCondition(when: $0.when)) })
        let graph = try GraphBuilder.build(set: set, context: context, definitions: [], resourceTypes: ResourceType.builtIn)
        let plan = DeploymentPlan.make(graph: graph, set: set, previous: nil, known: [], context: context, mode: .full)
        let planStep = StepStore.stepID(node: RunQueue.planNode, verb: "plan")
        let steps = workloads.map { name, asked in
            StepStore.Step(
                node: node(name), verb: "deploy", object: name, dependsOn: [planStep] + asked.needs.map(id))
        }
        let ordered = try WorkloadOrder(set, plan).applied(to: steps)
        let names = Dictionary(workloads.keys.map { (id($0), $0) }, uniquingKeysWith: { first, _ in first })
        return Dictionary(
            ordered.map { ($0.object, Set($0.dependsOn.compactMap { names[$0] })) }, uniquingKeysWith: { first, _ in first })
    }

    @Test func eachPhaseWaitsForTheOnesBeforeIt() throws {
        let needs = try apply(["one": ("before", []), "two": (nil, []), "three": ("deploy", ["two"]), "four": ("after", [])])
        #expect(needs == ["one": [], "two": ["one"], "three": ["one", "two"], "four": ["one", "two", "three"]])
    }

    @Test func withoutAnOrderNothingWaits() throws {
        #expect(try apply(["one": (nil, []), "two": ("deploy", [])]) == ["one": [], "two": []])
    }

    @Test func anOrderAgainstWhatIsNeededIsRefused() throws {
        let failure = #expect(throws: StepFailure.self) { try apply(["one": ("before", ["two"]), "two": (nil, [])]) }
        #expect(failure?.errors.map(\.code) == ["PLAN-104"])
        #expect(failure?.errors.first?.message.contains("'one', 'two'") == true)
    }
}
