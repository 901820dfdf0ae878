import Planning
import PlatformModel
import Postgres

/// Prepares the provisioning of resources: what each driver is given, and the resource on record before it is made, so that what a lost
/// attempt leaves behind stays owned. Steps of one organisation that come at the same moment share the commit.
struct ProvisionOrders: Sendable {
    /// What is ordered for one step.
    struct Order: Sendable {
        var inputs: ResolvedDocument
        var record: ActiveResourceStore.Record
        /// Registered drivers behind the type.
        var drivers: [ResourceDriver]
        /// The resource's type where it is the organisation's own: a runner knows the built-in ones itself.
        var ownType: ResourceType?
    }

    private let batches: GroupCommit<ClaimedStep, Order>

    /// Steps of one transaction.
    private static let together = 64

    init(database: PostgresPool) {
        batches = GroupCommit(limit: Self.together) { org, steps in
            try await database.withOrg(org) { transaction in try await Self.prepare(steps, org, transaction) }
        }
    }

    /// - Throws: `LostClaim`; a `StepFailure` with every placeholder that cannot be resolved.
    func prepare(_ step: ClaimedStep) async throws -> Order { try await batches.submit(step, org: step.claim.orgID) }

    private static func prepare(
        _ steps: [ClaimedStep], _ org: String, _ transaction: PostgresTransaction
    ) async throws -> [Result<Order, any Error>] {
        try await StepStore.brief(transaction, isFlushed: true)
        // As where steps end: the run first, then the claims.
        _ = try await DeploymentStore.lock(Set(steps.map(\.claim.deploymentID)), transaction)
        let held = try await StepStore.held(steps.map(\.claim), transaction)
        let standing = try await standing(steps.filter { held.contains($0.claim) }, transaction)
        let types = try await ownTypes(of: steps, transaction)
        var chains: [String: [ResourceDriver]] = [:]
        var results: [Result<Order, any Error>] = []
        var statements: [SQL] = []
        var events: [EventStore.Entry] = []
        for step in steps {
            guard held.contains(step.claim) else {
                results.append(.failure(LostClaim()))
                continue
            }
            do {
                let planned = try step.plan().node
                let type = planned.node.driverType
                if chains[type] == nil { chains[type] = try await DriverStore.chain(from: type, orgID: org, transaction) }
                var order = try order(step, standing[step.context] ?? [:], chains[type] ?? [])
                order.ownType = types[planned.node.identity.type]
                statements.append(try ActiveResourceStore.upsert(order.record))
                events.append(
                    .init(
                        deploymentID: step.claim.deploymentID, object: planned.object, status: "running",
                        message: planned.reason))
                results.append(.success(order))
            } catch let failure as StepFailure {
                results.append(.failure(failure))
            }
        }
        if !statements.isEmpty { _ = try await transaction.pipeline(statements) }
        try await EventStore.append(events, transaction)
        return results
    }

    /// By name; own types have a slash in theirs.
    private static func ownTypes(
        of steps: [ClaimedStep], _ transaction: PostgresTransaction
    ) async throws -> [String: ResourceType] {
        guard steps.contains(where: { (try? $0.plan().node.node.identity.type.contains("/")) == true }) else { return [:] }
        let types = try await DefinitionStore.types(transaction)
        return Dictionary(types.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What the steps depend on and that stands, by environment.
    private static func standing(
        _ steps: [ClaimedStep], _ transaction: PostgresTransaction
    ) async throws -> [EnvironmentContext: [ResourceIdentity: ActiveResourceStore.Record]] {
        var needs: [EnvironmentContext: Set<ResourceIdentity>] = [:]
        for step in steps { needs[step.context, default: []].formUnion((try? step.plan().node.node.dependsOn) ?? []) }
        var standing: [EnvironmentContext: [ResourceIdentity: ActiveResourceStore.Record]] = [:]
        for (context, identities) in needs {
            let records = try await ActiveResourceStore.records(identities, context, transaction)
            standing[context] = Dictionary(
                records.map { ($0.resource.identity, $0) }, uniquingKeysWith: { first, _ in first })
        }
        return standing
    }

    private static func order(
        _ step: ClaimedStep, _ standing: [ResourceIdentity: ActiveResourceStore.Record], _ drivers: [ResourceDriver]
    ) throws -> Order {
        let (plan, planned) = try step.plan()
        let node = planned.node
        let scope = step.scope(node.dependsOn.compactMap { standing[$0] })
        let inputs: ResolvedDocument
        do throws(PlanningError) { inputs = try plan.resolveInputs(of: node, in: scope) } catch {
            throw StepFailure(error.problems, type: "provision")
        }
        let record = ActiveResourceStore.Record(
            node: node, step: step, status: "pending", inputs: inputs.document, slots: inputs.slots)
        return Order(inputs: inputs, record: record, drivers: drivers)
    }
}
