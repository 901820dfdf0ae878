import PlatformModel
import Postgres
import ServiceAPI

/// Prepares the destruction of resources: they are marked as on their way out, and an event says so, before anybody is told to destroy
/// them. Steps of one organisation that come at the same moment share the commit.
struct DestructionOrders: Sendable {
    /// What is ordered for one step.
    struct Order: Sendable {
        var record: ActiveResourceStore.Record
        var work: ResourceWork
    }

    private let batches: GroupCommit<ClaimedStep, Order?>

    /// Steps of one transaction.
    private static let together = 64

    init(database: PostgresPool) {
        batches = GroupCommit(limit: Self.together) { org, steps in
            try await database.withOrg(org) { transaction in try await Self.prepare(steps, org, transaction) }
        }
    }

    /// - Returns: Nil when the resource is gone already: an earlier attempt's end was written.
    /// - Throws: `LostClaim`.
    func prepare(_ step: ClaimedStep) async throws -> Order? { try await batches.submit(step, org: step.claim.orgID) }

    private static func prepare(
        _ steps: [ClaimedStep], _ org: String, _ transaction: PostgresTransaction
    ) async throws -> [Result<Order?, any Error>] {
        let claims = steps.map(\.claim)
        // As where steps end: the run first, then the claims.
        let answers = try await transaction.pipeline(
            [
                StepStore.brief(isFlushed: true), DeploymentStore.locking(Set(claims.map(\.deploymentID))),
                StepStore.holding(claims),
            ] + steps.map { ActiveResourceStore.asking(guResID: $0.claim.node, $0.context) })
        let held = try StepStore.held(claims, answers[2])
        let records = try zip(steps, answers.dropFirst(3)).map { try ActiveResourceStore.record($1, $0.context) }
        let chains = try await DriverStore.chains(
            from: Set(records.compactMap { $0?.resource.driverType }), orgID: org, transaction)
        var results: [Result<Order?, any Error>] = []
        var writes: [SQL] = []
        var events: [EventStore.Entry] = []
        for (step, record) in zip(steps, records) {
            guard held.contains(step.claim) else {
                results.append(.failure(LostClaim()))
                continue
            }
            guard let record else {
                results.append(.success(nil))
                continue
            }
            let resource = record.resource
            writes.append(ActiveResourceStore.setting("deleting", resource.identity, step.context))
            events.append(
                .init(
                    deploymentID: step.claim.deploymentID, object: resource.identity.description, status: "running",
                    message: "destroying"))
            results.append(.success(order(record, step, chains[resource.driverType] ?? [])))
        }
        _ = try await transaction.pipeline(writes + EventStore.appending(events, isLocked: true))
        return results
    }

    private static func order(
        _ record: ActiveResourceStore.Record, _ step: ClaimedStep, _ drivers: [ResourceDriver]
    ) -> Order {
        let resource = record.resource
        let work = ResourceWork(
            identity: resource.identity, guResID: resource.guResID, driverType: resource.driverType,
            drivers: drivers.isEmpty ? nil : drivers, force: step.run.force ? true : nil,
            inputs: StepLimit.removed(from: record.inputs), slots: record.slots)
        return Order(record: record, work: work)
    }
}
