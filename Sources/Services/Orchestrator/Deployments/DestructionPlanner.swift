import Execution
import PlatformModel
import Postgres
import ServiceRuntime

/// The first step of a destruction: which resources go, dependents before what they depend on; an environment's logs last.
struct DestructionPlanner: Sendable {
    func steps(
        _ scope: DestructionScope, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> [StepStore.Step] {
        let records = try await ActiveResourceStore.list(context, transaction)
        let planID = StepStore.stepID(node: RunQueue.planNode, verb: "plan")
        switch scope {
        case .resource(let identity):
            // What was deployed between the asking and its turn may use it again.
            let dependents = records.filter { $0.dependsOn.contains(identity.description) }.map(\.resource.identity.description)
            guard dependents.isEmpty else {
                throw StepFailure(
                    object: identity.description, code: "PLAN-111",
                    message: "it is used by \(dependents.sorted().joined(separator: ", ")) again, and stays", type: "plan")
            }
            return records.filter { $0.resource.identity == identity }.map { record in
                step(record.resource.guResID, "destroy", identity.description, [planID], record.resource.driverType)
            }
        case .collection(let identities):
            let unused = try await unused(context, transaction).intersection(identities)
            let going = records.filter { unused.contains($0.resource.identity) }
            var dependents: [String: [String]] = [:]
            for record in going {
                for need in record.dependsOn {
                    dependents[need, default: []].append(StepStore.stepID(node: record.resource.guResID, verb: "destroy"))
                }
            }
            return going.map { record in
                let identity = record.resource.identity.description
                let needs = [planID] + dependents[identity, default: []]
                return step(record.resource.guResID, "destroy", identity, needs, record.resource.driverType)
            }
        case .environment:
            let target = step(context.environmentNode, "remove", "environment \(context.envID)", [planID])
            let resources = records.filter { !$0.resource.isPassThroughWorkload }
            // Whoever depends on a resource is destroyed before it.
            var dependents: [String: [String]] = [:]
            for record in resources {
                for dependency in record.dependsOn {
                    dependents[dependency, default: []].append(StepStore.stepID(node: record.resource.guResID, verb: "destroy"))
                }
            }
            let destroys = resources.map { record in
                let identity = record.resource.identity.description
                let needs = [target.id] + dependents[identity, default: []]
                return step(record.resource.guResID, "destroy", identity, needs, record.resource.driverType)
            }
            // Last, since until then the lines say how it goes.
            let end = step(
                context.environmentNode, "finish", "logs of environment \(context.envID)", [target.id] + destroys.map(\.id))
            return [target] + destroys + [end]
        }
    }

    private func unused(
        _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> Set<ResourceIdentity> {
        do { return try await UnusedResources.now(context, transaction) } catch let failure as HTTPFailure {
            throw StepFailure(object: "plan", code: "PLAN-111", message: failure.body.message, type: "plan")
        }
    }

    private func step(
        _ node: String, _ verb: String, _ object: String, _ dependsOn: [String], _ driverType: String = ""
    ) -> StepStore.Step {
        StepStore.Step(
            node: node, verb: verb, object: object, dependsOn: dependsOn, driver: DriverName.common(driverType))
    }
}

extension EnvironmentContext {
    /// The node that stands for the environment itself on the deploy target.
    var environmentNode: String { String(SHA256.hex("environment\u{1f}\(orgID)\u{1f}\(appID)\u{1f}\(envID)").prefix(40)) }
}

extension ActiveResource {
    /// A workload that no definition matches: nothing was provisioned for it.
    var isPassThroughWorkload: Bool { identity.isWorkload && defID.isEmpty }
}
