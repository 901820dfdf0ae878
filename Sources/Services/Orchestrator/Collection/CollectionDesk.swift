import HTTPTypes
import Planning
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Collects what nothing asks for any more: shown first, done by a destruction when somebody agrees to exactly what was shown.
struct CollectionDesk: Sendable {
    let database: PostgresPool
    let runner: RoomClient
    /// The safety window where a request names none.
    let hours: Int

    struct Request: Sendable {
        var context: EnvironmentContext
        /// `type.class#id`: whose data may go.
        var named: Set<String> = []
        /// Nil: the configured window.
        var hours: Int?
    }

    struct Outcome: Sendable {
        var plan: CollectionPlan
        var hours: Int
        /// The newest run when it was made.
        var newestRun: String?
    }

    /// - Throws: 409 where what is deployed is not known to be what is used; 422 for a name of nothing that is unused.
    func plan(_ request: Request) async throws -> Outcome {
        let (seen, newest) = try await database.withOrg(request.context.orgID) { transaction in
            (
                try await self.seen(request.context, transaction),
                try await DeploymentStore.newestRun(
                    appID: request.context.appID, envID: request.context.envID, transaction)
            )
        }
        try Self.refuseUnknown(request.named, seen)
        let facts = try await facts(seen.unused, request.context)
        let unused = zip(seen.unused, facts).map { record, fact in
            UnusedResource(
                identity: record.resource.identity, guResID: record.resource.guResID, definitionID: record.resource.defID,
                driverType: record.resource.driverType, since: seen.since[record.resource.guResID],
                dependsOn: seen.identities(record.dependsOn), holdsData: fact.holdsData, doubt: fact.reason)
        }
        let hours = request.hours ?? self.hours
        let plan = CollectionPlan.make(
            unused: unused,
            standing: seen.records.map { ($0.resource.identity, seen.identities($0.dependsOn)) },
            named: Set(seen.unused.map(\.resource.identity).filter { request.named.contains($0.description) }),
            window: Int64(hours) * 3_600_000, now: seen.now)
        return Outcome(plan: plan, hours: hours, newestRun: newest)
    }

    /// Destroys what `expected` names, if that is what the plan comes to now.
    ///
    /// - Returns: The run's id.
    /// - Throws: 409 when it comes to something else, or a run changes the environment.
    func collect(
        _ request: Request, expecting expected: [String], force: Bool, reason: String, by principal: Principal, id: String
    ) async throws -> String {
        let context = request.context
        let known = try await database.withOrg(context.orgID) { try await DeploymentStore.run(id, $0) }
        if known != nil { return id }
        let outcome = try await plan(request)
        let names = outcome.plan.collected.map(\.identity.description)
        guard Set(names) == Set(expected), !names.isEmpty else {
            throw HTTPFailure.conflict(
                names.isEmpty
                    ? "there is nothing to collect" : "what would go is not what you agreed to: look at the plan again",
                details: ["resources": .array(names.map(JSON.string))])
        }
        return try await database.withOrg(context.orgID) { transaction in
            guard let environment = try await EnvironmentStore.lock(context.envID, appID: context.appID, transaction),
                environment.status == .active
            else { throw HTTPFailure.conflict("the environment '\(context.envID)' is being deleted") }
            let newest = try await DeploymentStore.newestRun(appID: context.appID, envID: context.envID, transaction)
            guard newest == outcome.newestRun else {
                throw HTTPFailure.conflict("a run began meanwhile (\(newest ?? "")): look at the plan again")
            }
            let scope = DestructionScope.collection(outcome.plan.collected.map(\.identity))
            try await DeletionDesk().submit(
                scope, id: id, force: force, envID: context.envID, appID: context.appID, by: principal, transaction)
            try await InterventionStore.add(
                .collect, names, reason: reason, runID: id, by: principal.id, appID: context.appID, envID: context.envID,
                transaction)
            return id
        }
    }

    // MARK: What is seen

    private struct Seen: Sendable {
        var records: [ActiveResourceStore.Record]
        var unused: [ActiveResourceStore.Record]
        var since: [String: Timestamp]
        var now: Timestamp

        func identities(_ names: [String]) -> [ResourceIdentity] {
            names.compactMap { name in records.first { $0.resource.identity.description == name }?.resource.identity }
        }
    }

    private func seen(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> Seen {
        let unused = try await UnusedResources.now(context, transaction)
        let records = try await ActiveResourceStore.list(context, transaction)
        let found = records.filter { unused.contains($0.resource.identity) }
        let (since, now) = try await ActiveResourceStore.unusedSince(context, transaction)
        return Seen(records: records, unused: found, since: since, now: now)
    }

    /// What the drivers say of the inputs alone: nothing is looked at, and no secret is read.
    private func facts(
        _ records: [ActiveResourceStore.Record], _ context: EnvironmentContext
    ) async throws -> [InspectionFinding] {
        var facts: [InspectionFinding] = []
        for start in stride(from: 0, to: records.count, by: InspectionRequest.maximum) {
            let batch = records.dropFirst(start).prefix(InspectionRequest.maximum)
            let chains = try await database.withOrg(context.orgID) { transaction in
                try await DriverStore.chains(
                    from: Set(batch.map(\.resource.driverType)), orgID: context.orgID, transaction)
            }
            let works = batch.map { record in
                let resource = record.resource, drivers = chains[resource.driverType] ?? []
                return InspectedResource(
                    work: ResourceWork(
                        identity: resource.identity, guResID: resource.guResID, driverType: resource.driverType,
                        drivers: drivers.isEmpty ? nil : drivers, inputs: StepLimit.removed(from: record.inputs), slots: []),
                    last: nil)
            }
            let request = InspectionRequest(id: "collection", environment: context, resources: works, isLooking: false)
            let reply: InspectionReply = try await runner.call(.post, "/v1/inspections", body: request)
            guard reply.resources.count == works.count else {
                throw RoomError(room: runner.room, kind: .malformed("facts of other things than were asked for"))
            }
            facts += reply.resources
        }
        return facts
    }

    private static func refuseUnknown(_ named: Set<String>, _ seen: Seen) throws {
        let unused = Set(seen.unused.map(\.resource.identity.description))
        let standing = Set(seen.records.map(\.resource.identity.description))
        let problems = named.subtracting(unused).sorted().map { name in
            standing.contains(name)
                ? Problem(code: "PLAN-111", path: name, message: "is used by what is deployed, and stays")
                : Problem(
                    code: "PLAN-111", path: name, message: "there is no such resource in the environment",
                    suggestion: nearestName(to: name, among: unused))
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
    }
}
