import AccessControl
import PlatformModel
import Postgres
import ServiceRuntime

/// Deletions that runs of the engine do: of an environment, a resource, or what nothing asks for any more. Looked at, and cancelled.
enum DeletionRoutes {
    private static let base = DeploymentRoutes.base + "/deletions"
    /// The newest that are shown.
    private static let shown = 20

    static func handlers(_ database: PostgresPool, _ control: RunControl) -> [RouteHandler] {
        [
            RouteHandler("GET", base) { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let context = try await context(call, transaction)
                        var pictures: [DeletionPicture] = []
                        for run in try await DeploymentStore.destructions(context, limit: shown, transaction) {
                            pictures.append(try await DeletionPicture(run, transaction))
                        }
                        return pictures
                    })
            },
            RouteHandler("POST", base + "/{deletionId}/cancel") { call in
                let id = call.parameter("deletionId")
                _ = try await control.cancel(id, .destroy, orgID: call.orgID, by: call.principal) { transaction in
                    let context = try await context(call, transaction)
                    try call.authorize(envType: context.envType)
                    if try await DeploymentStore.run(id, transaction)?.isOfEnvironment == true {
                        try call.authorize(.deleteEnvironment, envType: context.envType)
                    }
                    return context
                }
                return try .accepted(
                    try await database.withOrg(call.orgID) { transaction in
                        guard let run = try await DeploymentStore.run(id, transaction) else {
                            throw HTTPFailure.notFound("deletion", id)
                        }
                        return try await DeletionPicture(run, transaction)
                    })
            },
        ]
    }

    private static func context(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> EnvironmentContext {
        EnvironmentRoutes.context(call, try await EnvironmentRoutes.require(call, transaction).type)
    }
}

/// How a deletion goes, and where each of its steps stands.
private struct DeletionPicture: Encodable {
    private let run: DeploymentStore.Run
    private let object: String
    private let errors: [DeploymentError]
    private let steps: [DeploymentStep]
    private let stepsInAll: Int

    /// Steps of one deletion; those that did not succeed come first.
    private static let shown = 100

    init(_ run: DeploymentStore.Run, _ transaction: PostgresTransaction) async throws {
        self.run = run
        object =
            switch try run.scope?.decode(DestructionScope.self) {
            case .environment, nil: "environment \(run.deployment.envID)"
            case .resource(let identity): identity.description
            case .collection(let identities): "\(identities.count) unused resources"
            }
        errors = try await DeploymentStore.errors(of: run.deployment.id, transaction)
        let all = try await StepPictures.all(of: run.deployment, run.kind, transaction)
        steps = Array((all.filter { $0.state != "succeeded" } + all.filter { $0.state == "succeeded" }).prefix(Self.shown))
        stepsInAll = all.count
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(run.deployment.id, forKey: .id)
        try container.encode(object, forKey: .object)
        try container.encode(run.deployment.status, forKey: .status)
        try container.encode(run.stop != nil, forKey: .isCancelled)
        try container.encodeIfPresent(run.stop?.by, forKey: .cancelledBy)
        try container.encode(run.force, forKey: .force)
        try container.encode(run.deployment.createdAt, forKey: .createdAt)
        try container.encode(run.deployment.createdBy, forKey: .createdBy)
        try container.encodeIfPresent(run.deployment.queuePosition, forKey: .queuePosition)
        try container.encodeIfPresent(run.deployment.waitsFor, forKey: .waitsFor)
        try container.encode(errors, forKey: .errors)
        try container.encode(steps, forKey: .steps)
        try container.encode(stepsInAll, forKey: .stepsInAll)
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, status, force, errors, steps
        case isCancelled = "cancelled"
        case cancelledBy = "cancelled_by"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case queuePosition = "queue_position"
        case waitsFor = "waits_for"
        case stepsInAll = "steps_total"
    }
}
