import AccessControl
import PlatformModel
import Postgres
import ServiceRuntime

/// What is no longer as it was deployed: asked for, looked at, put on a schedule.
enum DriftRoutes {
    private static let base = DeploymentRoutes.base + "/drift-reports"
    private static let schedule = "/orgs/{orgId}/env-types/{envTypeId}/drift"

    static func handlers(_ database: PostgresPool, _ standard: DriftSchedule) -> [RouteHandler] {
        [
            RouteHandler("GET", base) { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        try await DriftStore.list(try await context(call, transaction), transaction)
                    })
            },
            RouteHandler("POST", base) { call in
                let request = try DriftRequest.read(call)
                return try .accepted(
                    try await database.withOrg(call.orgID) { transaction in
                        try await submit(call, request, transaction)
                    })
            },
            RouteHandler("GET", base + "/{reportId}") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        try await require(call.parameter("reportId"), try await context(call, transaction), transaction)
                    })
            },
        ] + settings(database, standard)
    }

    private static func settings(_ database: PostgresPool, _ standard: DriftSchedule) -> [RouteHandler] {
        @Sendable func answer(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> DriftSetting {
            let id = call.parameter("envTypeId")
            guard try await OrganizationStore.environmentType(id, transaction) != nil else {
                throw HTTPFailure.notFound("environment type", id)
            }
            let set = try await DriftStore.schedule(ofType: id, transaction)
            return DriftSetting(schedule: set?.schedule ?? standard, isStandard: set == nil, setBy: set?.by)
        }
        return [
            RouteHandler("GET", schedule) { call in try .ok(try await database.withOrg(call.orgID) { try await answer(call, $0) })
            },
            RouteHandler("PUT", schedule) { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let id = call.parameter("envTypeId")
                        // What is not there is told before what is wrong with the body.
                        _ = try await answer(call, transaction)
                        let chosen = try DriftSetting.read(call)
                        if chosen == .repair { try call.authorize(.deploy, envType: id) }
                        guard
                            try await DriftStore.setSchedule(
                                chosen, ofType: id, by: call.principal.id, orgID: call.orgID, transaction)
                        else { throw HTTPFailure.notFound("environment type", id) }
                        return try await answer(call, transaction)
                    })
            },
        ]
    }

    private static func submit(
        _ call: RouteCall, _ request: DriftRequest, _ transaction: PostgresTransaction
    ) async throws -> DriftReport {
        let context = try await context(call, transaction)
        try call.authorize(envType: context.envType)
        if request.repair { try call.authorize(.deploy, envType: context.envType) }
        let id = call.newID(digits: 16)
        if let known = try await DriftStore.report(id, context, transaction) { return known }
        guard let environment = try await EnvironmentStore.lock(context.envID, appID: context.appID, transaction),
            environment.status == .active
        else { throw HTTPFailure.conflict("the environment '\(context.envID)' is being deleted") }
        let queue = try await DeploymentStore.queue(appID: context.appID, envID: context.envID, transaction)
        if let run = queue.running ?? queue.next {
            throw HTTPFailure.conflict(
                "run '\(run)' changes the environment at the moment; ask again when it has ended", details: ["run": .string(run)])
        }
        let running = try await DriftStore.list(context, transaction).filter { $0.status == .running }
        guard running.count < longestQueue else {
            throw HTTPFailure.conflict("\(running.count) looks at the environment wait already; see report '\(running[0].id)'")
        }
        try await DriftStore.begin(
            id, origin: .asked, isRepair: request.repair, by: call.principal.id, context, transaction)
        try await DriftQueue.add(id, context, transaction)
        try await DriftQueue.join(context, transaction)
        return try await require(id, context, transaction)
    }

    /// Reports of one environment that are not made yet.
    private static let longestQueue = 3

    private static func require(
        _ id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> DriftReport {
        guard let report = try await DriftStore.report(id, context, transaction) else {
            throw HTTPFailure.notFound("drift report", id)
        }
        return report
    }

    private static func context(
        _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> EnvironmentContext {
        EnvironmentRoutes.context(call, try await EnvironmentRoutes.require(call, transaction).type)
    }
}

/// The body of `POST .../drift-reports`: ours, so an unknown field is refused by its path.
private struct DriftRequest: Decodable {
    var repair: Bool

    static func read(_ call: RouteCall) throws -> DriftRequest {
        if call.body.isEmpty { return DriftRequest(repair: false) }
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        try OwnBody.refuseUnknown(members, known: ["repair"])
        guard let repair = members["repair"], !repair.isNull else { return DriftRequest(repair: false) }
        guard let value = repair.bool else {
            throw HTTPFailure.problems(
                "invalid", [Problem(code: "API-102", path: "repair", message: "true or false is needed, not \(repair.kind)")])
        }
        return DriftRequest(repair: value)
    }
}

/// What the schedule does with the environments of a type.
private struct DriftSetting: Encodable {
    var schedule: DriftSchedule
    /// The configuration says so, and nobody has chosen.
    var isStandard: Bool
    /// Whoever chose; repairs are done as them.
    var setBy: String?

    private enum CodingKeys: String, CodingKey {
        case schedule
        case isStandard = "default"
        case setBy = "set_by"
    }

    /// Nil: as the configuration says.
    static func read(_ call: RouteCall) throws -> DriftSchedule? {
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        try OwnBody.refuseUnknown(members, known: ["schedule"])
        let words = DriftSchedule.allCases.map(\.rawValue) + ["default"]
        guard let word = members["schedule"]?.string, words.contains(word) else {
            throw HTTPFailure.problems(
                "invalid",
                [
                    Problem(
                        code: "API-102", path: "schedule", message: "one of \(words.joined(separator: ", ")) is needed",
                        suggestion: members["schedule"]?.string.flatMap { nearestName(to: $0, among: words) })
                ])
        }
        return DriftSchedule(rawValue: word)
    }
}

/// Bodies of our own routes.
enum OwnBody {
    /// - Throws: 422 with the path of each field that is not known.
    static func refuseUnknown(_ members: [String: JSON], known: [String]) throws {
        let problems = Problem.unknownFields(members, known: known)
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
    }
}
