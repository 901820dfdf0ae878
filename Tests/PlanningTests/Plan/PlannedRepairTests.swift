import PlatformModel
import Testing

@testable import Planning

struct PlannedRepairTests {
    private static let context = EnvironmentContext(orgID: "o", appID: "a", envID: "e", envType: "t")

    private static func node(_ type: String, _ needs: [String], _ action: PlanAction) -> PlannedNode {
        let identity = ResourceIdentity(type: type, id: "x")
        return PlannedNode(
            node: ResourceNode(
                identity: identity, guResID: "g-\(type)", definitionID: "def", definitionVersionID: "1", criteriaID: "",
                driverType: "martlet/echo", dependsOn: needs.map { ResourceIdentity(type: $0, id: "x") }),
            action: action, reason: "as planned", inputDigest: "d")
    }

    /// c -> b -> a, and d alone.
    private static func plan(_ actions: [PlanAction] = [.keep, .update, .keep, .create]) -> DeploymentPlan {
        var plan = DeploymentPlan(
            context: context, setID: "s", mode: .incremental, graphID: "g",
            nodes: [
                node("a", [], actions[0]), node("b", ["a"], actions[1]), node("c", ["b"], actions[2]), node("d", [], actions[3]),
            ], names: DependencyNames())
        plan.removedWorkloads = ["old"]
        plan.removals = [
            PlannedRemoval(identity: ResourceIdentity(type: "z", id: "x"), definitionID: "", action: .delete, reason: ""),
            PlannedRemoval(identity: ResourceIdentity(type: "y", id: "x"), definitionID: "", action: .keep, reason: ""),
        ]
        return plan
    }

    private func actions(_ plan: DeploymentPlan) -> [PlanAction] { plan.nodes.map(\.action) }

    @Test func onlyTheRepairsAreDone() throws {
        let drifted = try Self.plan().repairing([PlannedRepair(guResID: "g-a", reason: "drifted", isMissing: false)])
        #expect(actions(drifted) == [.update, .keep, .keep, .keep])
        #expect(drifted.nodes[0].reason == "drifted")
        #expect(drifted.removedWorkloads.isEmpty && drifted.removals.map(\.action) == [.keep])
    }

    @Test func whoDependsOnWhatIsMadeAnewIsDoneToo() throws {
        let missing = try Self.plan().repairing([PlannedRepair(guResID: "g-a", reason: "missing", isMissing: true)])
        #expect(actions(missing) == [.create, .update, .update, .keep])
        #expect(missing.nodes[2].reason.contains("b.default#x"))
        let middle = try Self.plan().repairing([PlannedRepair(guResID: "g-b", reason: "missing", isMissing: true)])
        #expect(actions(middle) == [.keep, .create, .update, .keep])
    }

    @Test func whatNeedsMoreThanARepairIsRefusedWithAllOfIt() {
        let plan = Self.plan([.replace, .keep, .keep, .keep])
        let repairs = ["g-a", "g-gone"].map { PlannedRepair(guResID: $0, reason: "", isMissing: true) }
        let error = #expect(throws: PlanningError.self) { try plan.repairing(repairs) }
        #expect(error?.problems.map(\.code) == ["PLAN-112", "PLAN-112"])
        #expect(error?.problems.map(\.path) == ["a.default#x", "g-gone"])
    }
}
