import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// Prepares the provisioning of resources: what each driver is given, and the resource on record before it is made, so that what a lost
/// attempt leaves behind stays owned. Steps of one organisation that come at the same moment share the commit.
struct ProvisionOrders: Sendable {
    /// What is ordered for one step.
    struct Order: Sendable {
        var work: ResourceWork
        /// As given: with the limit of time, which no driver sees.
        var inputs: ResolvedDocument
        var record: ActiveResourceStore.Record
        /// It is on record since before the order. What leaves nothing behind need not be.
        var isOnRecord: Bool { !work.isPure }
    }

    private let batches: GroupCommit<ClaimedStep, Order>

    /// Steps of one transaction.
    private static let together = 64

    init(database: PostgresPool) {
        batches = GroupCommit(limit: Self.together) { org, steps in
            // What they need stands, and stays as it is as long as they hold their claims: it is read in one round trip, without a
            // transaction. Where nothing else is to be read or written, there is none.
            let standing = try await Self.standing(steps, database)
            if let results = try Self.pure(steps, standing, org) { return results }
            return try await database.withOrg(org) { transaction in
                try await Self.prepare(steps, standing, org, transaction)
            }
        }
    }

    /// - Throws: `LostClaim`; a `StepFailure` with every placeholder that cannot be resolved.
    func prepare(_ step: ClaimedStep) async throws -> Order { try await batches.submit(step, org: step.claim.orgID) }

    /// Nil unless all of them are of built-in types and drivers, and will leave nothing behind.
    private static func pure(
        _ steps: [ClaimedStep], _ standing: [EnvironmentContext: [ResourceIdentity: ActiveResourceStore.Record]], _ org: String
    ) throws -> [Result<Order, any Error>]? {
        let nodes = steps.compactMap { try? $0.plan().node.node }
        guard
            nodes.allSatisfy({ !$0.identity.type.contains("/") && DriverStore.id(ofType: $0.driverType, orgID: org) == nil })
        else { return nil }
        let results = try orders(steps, standing, [:], [:])
        return results.contains { (try? $0.get())?.isOnRecord == true } ? nil : results
    }

    private static func prepare(
        _ steps: [ClaimedStep], _ standing: [EnvironmentContext: [ResourceIdentity: ActiveResourceStore.Record]], _ org: String,
        _ transaction: PostgresTransaction
    ) async throws -> [Result<Order, any Error>] {
        let nodes = steps.compactMap { try? $0.plan().node.node }
        let types = try await DefinitionStore.ownTypes(among: nodes.lazy.map(\.identity.type), transaction)
        let chains = try await DriverStore.chains(from: Set(nodes.map(\.driverType)), orgID: org, transaction)
        var results = try orders(steps, standing, chains, types)
        try await record(&results, steps, transaction)
        return results
    }

    private static func orders(
        _ steps: [ClaimedStep], _ standing: [EnvironmentContext: [ResourceIdentity: ActiveResourceStore.Record]],
        _ chains: [String: [ResourceDriver]], _ types: [String: ResourceType]
    ) throws -> [Result<Order, any Error>] {
        try steps.map { step in
            do {
                let type = try step.plan().node.node.driverType
                return .success(try order(step, standing[step.context] ?? [:], chains[type] ?? [], types))
            } catch let failure as StepFailure {
                return .failure(failure)
            }
        }
    }

    /// Puts on record what will leave something behind, of the steps whose claims are still held.
    private static func record(
        _ results: inout [Result<Order, any Error>], _ steps: [ClaimedStep], _ transaction: PostgresTransaction
    ) async throws {
        let places = results.indices.filter { (try? results[$0].get())?.isOnRecord == true }
        guard !places.isEmpty else { return }
        _ = try await transaction.query(StepStore.brief(isFlushed: true))
        // As where steps end: the run first, then the claims.
        _ = try await DeploymentStore.lock(Set(places.map { steps[$0].claim.deploymentID }), transaction)
        let held = try await StepStore.held(places.map { steps[$0].claim }, transaction)
        var records: [ActiveResourceStore.Record] = []
        var events: [EventStore.Entry] = []
        for place in places {
            let step = steps[place]
            guard held.contains(step.claim) else {
                results[place] = .failure(LostClaim())
                continue
            }
            records.append(try results[place].get().record)
            events.append(try .started(step))
        }
        guard !records.isEmpty else { return }
        _ = try await transaction.pipeline([try ActiveResourceStore.upsert(records)] + EventStore.appending(events))
    }

    /// What the steps depend on and that stands, by environment.
    private static func standing(
        _ steps: [ClaimedStep], _ database: PostgresPool
    ) async throws -> [EnvironmentContext: [ResourceIdentity: ActiveResourceStore.Record]] {
        var needs: [EnvironmentContext: Set<ResourceIdentity>] = [:]
        var standing: [EnvironmentContext: [ResourceIdentity: ActiveResourceStore.Record]] = [:]
        for step in steps {
            let unread = ((try? step.plan().node.node.dependsOn) ?? []).filter { step.standing[$0] == nil }
            needs[step.context, default: []].formUnion(unread)
            standing[step.context, default: [:]].merge(step.standing) { _, newest in newest }
        }
        for (context, identities) in needs {
            let records = try await ActiveResourceStore.records(identities, context, database)
            standing[context, default: [:]].merge(records.map { ($0.resource.identity, $0) }) { _, newest in newest }
        }
        return standing
    }

    private static func order(
        _ step: ClaimedStep, _ standing: [ResourceIdentity: ActiveResourceStore.Record], _ drivers: [ResourceDriver],
        _ ownTypes: [String: ResourceType]
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
        // A runner knows the built-in types itself.
        let work = ResourceWork(
            identity: node.identity, guResID: node.guResID, driverType: node.driverType, drivers: drivers.isEmpty ? nil : drivers,
            definition: node.definitionID, ownType: ownTypes[node.identity.type],
            inputs: StepLimit.removed(from: inputs.document), slots: inputs.slots)
        return Order(work: work, inputs: inputs, record: record)
    }
}

extension EventStore.Entry {
    /// That the step's node is begun, and why.
    static func started(_ step: ClaimedStep) throws -> Self {
        let planned = try step.plan().node
        return Self(
            deploymentID: step.claim.deploymentID, object: planned.object, status: "running", message: planned.reason)
    }
}
