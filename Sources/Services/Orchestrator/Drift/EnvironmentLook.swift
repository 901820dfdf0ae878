import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI

/// Looks at all that stands in an environment, by way of the runner, under grants for reads only.
struct EnvironmentLook: Sendable {
    let runner: RoomClient
    let broker: RoomClient
    let database: PostgresPool

    /// What is looked at: read in one transaction.
    struct Subject: Sendable {
        var resources: [Thing] = []
        var workloads: [Thing] = []
        /// The newest run of the environment: another one makes what was found worthless.
        var newestRun: String?

        struct Thing: Sendable {
            var object: String
            var guResID: String
            /// Nil of a workload.
            var resource: InspectedResource?
        }
    }

    static func subject(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> Subject {
        var subject = Subject()
        let records = try await ActiveResourceStore.list(context, transaction)
        let chains = try await DriverStore.chains(
            from: Set(records.map(\.resource.driverType)), orgID: context.orgID, transaction)
        let types = try await DefinitionStore.ownTypes(among: records.lazy.map(\.resource.type), transaction)
        for record in records {
            let resource = record.resource
            if resource.identity.isWorkload {
                subject.workloads.append(
                    .init(object: "workload \(resource.resID.dropFirst("modules.".count))", guResID: resource.guResID))
            }
            if resource.isPassThroughWorkload { continue }
            let drivers = chains[resource.driverType] ?? []
            let work = ResourceWork(
                identity: resource.identity, guResID: resource.guResID, driverType: resource.driverType,
                drivers: drivers.isEmpty ? nil : drivers, definition: resource.defID, ownType: types[resource.type],
                inputs: StepLimit.removed(from: record.inputs), slots: record.slots)
            subject.resources.append(
                .init(
                    object: resource.identity.description, guResID: resource.guResID,
                    resource: InspectedResource(work: work, last: record.lastOutputs)))
        }
        subject.newestRun = try await DeploymentStore.newestRun(appID: context.appID, envID: context.envID, transaction)
        return subject
    }

    /// Everything's finding, in the order of the subject.
    ///
    /// - Parameter id: of the report; the same in every attempt.
    /// - Throws: a `RoomError` where a room does not answer.
    func findings(_ subject: Subject, id: String, _ context: EnvironmentContext) async throws -> [DriftFinding] {
        var findings: [DriftFinding] = []
        let size = InspectionRequest.maximum
        let batches = max((subject.resources.count + size - 1) / size, (subject.workloads.count + size - 1) / size)
        for number in 0..<batches {
            try Task.checkCancellation()
            let resources = Array(subject.resources.dropFirst(number * size).prefix(size))
            let workloads = Array(subject.workloads.dropFirst(number * size).prefix(size))
            let reply = try await look(resources, workloads, id: "drift-\(id)-\(number)", context)
            findings += zip(resources + workloads, reply.resources + reply.workloads).map { thing, finding in
                DriftFinding(object: thing.object, guResID: thing.guResID, finding)
            }
        }
        return findings.sorted { $0.object < $1.object }
    }

    private func look(
        _ resources: [Subject.Thing], _ workloads: [Subject.Thing], id: String, _ context: EnvironmentContext
    ) async throws -> InspectionReply {
        let request = InspectionRequest(
            id: id, environment: context, grant: id, resources: resources.compactMap(\.resource),
            workloads: workloads.map { String($0.object.dropFirst("workload ".count)) })
        return try await InspectionCall(runner: runner, broker: broker, database: database).ask(
            request, timeoutSeconds: Self.longestBatch)
    }

    /// Seconds: a batch has 32 things, of which 8 are looked at at a time.
    private static let longestBatch = InspectionRequest.maximum / 8 * InspectionRequest.secondsEach + 60
}
