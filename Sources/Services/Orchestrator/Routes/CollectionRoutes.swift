import AccessControl
import FaultPoints
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// What nothing asks for any more: shown, and destroyed when somebody agrees; and what people did beyond deploying.
enum CollectionRoutes {
    private static let base = DeploymentRoutes.base

    static func handlers(_ database: PostgresPool, _ desk: CollectionDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", base + "/collection") { call in
                let context = try await database.withOrg(call.orgID) { try await environment(call, $0) }
                let names = call.query["resources"].map { $0.split(separator: ",").map(String.init) } ?? []
                let outcome = try await desk.plan(
                    CollectionDesk.Request(
                        context: context, named: Set(names), hours: try hours(call.query["older_than_hours"])))
                return try .ok(CollectionPicture(outcome))
            },
            RouteHandler("POST", base + "/collections") { call in
                let context = try await database.withOrg(call.orgID) { transaction in
                    let context = try await environment(call, transaction)
                    try call.authorize(envType: context.envType)
                    return context
                }
                let body = try CollectionBody.read(call)
                let id = try await FaultVerb.during("collect") {
                    try await desk.collect(
                        CollectionDesk.Request(context: context, named: Set(body.resources ?? []), hours: body.hours),
                        expecting: body.expect, force: body.force ?? false, reason: body.reason ?? "", by: call.principal,
                        id: call.newID(digits: 16))
                }
                return try .accepted(try await database.withOrg(call.orgID) { try await run(id, context, $0) })
            },
            RouteHandler("GET", base + "/collections") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let context = try await environment(call, transaction)
                        var runs: [CollectionRun] = []
                        for id in try await CollectionStore.list(context, transaction) {
                            runs.append(try await run(id, context, transaction))
                        }
                        return runs
                    })
            },
            RouteHandler("GET", base + "/interventions") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        try await InterventionStore.list(try await environment(call, transaction), transaction)
                    })
            },
        ]
    }

    private static func run(
        _ id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> CollectionRun {
        guard let run = try await DeploymentStore.run(id, transaction), run.kind == .destroy, run.appID == context.appID,
            run.deployment.envID == context.envID
        else { throw HTTPFailure.notFound("collection", id) }
        return CollectionRun(
            id: id, status: run.deployment.status, createdAt: run.deployment.createdAt, createdBy: run.deployment.createdBy,
            errors: try await DeploymentStore.errors(of: id, transaction))
    }

    private static func environment(
        _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> EnvironmentContext {
        EnvironmentRoutes.context(call, try await EnvironmentRoutes.require(call, transaction).type)
    }

    private static func hours(_ text: String?) throws -> Int? {
        guard let text else { return nil }
        guard let hours = Int(text), CollectionBody.windows.contains(hours) else {
            throw HTTPFailure.problems("invalid", [CollectionBody.window])
        }
        return hours
    }
}

/// How a collection goes.
private struct CollectionRun: Encodable {
    var id: String
    var status: DeploymentStatus
    var createdAt: Timestamp
    var createdBy: String
    var errors: [DeploymentError]

    private enum CodingKeys: String, CodingKey {
        case id, status, errors
        case createdAt = "created_at"
        case createdBy = "created_by"
    }
}

/// What a collection would destroy.
private struct CollectionPicture: Encodable {
    struct Line: Encodable {
        var id: String
        var action: String
        var reason: String
        var definition: String
        var driver: String
        var unusedSince: Timestamp?
        var holdsData: Bool?

        private enum CodingKeys: String, CodingKey {
            case id, action, reason
            case definition = "def_id"
            case driver = "driver_type"
            case unusedSince = "unused_since"
            case holdsData = "holds_data"
        }
    }

    var hours: Int
    var resources: [Line]

    init(_ outcome: CollectionDesk.Outcome) {
        hours = outcome.hours
        resources = outcome.plan.lines.map { line in
            Line(
                id: line.resource.identity.description, action: line.isCollected ? "collect" : "keep", reason: line.reason,
                definition: line.resource.definitionID, driver: line.resource.driverType, unusedSince: line.resource.since,
                holdsData: line.resource.holdsData)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case resources
        case hours = "older_than_hours"
    }
}

/// The body of `collections`: ours, so an unknown field is refused by its path.
private struct CollectionBody: Decodable {
    /// Whose data may go, `type.class#id`.
    var resources: [String]?
    var hours: Int?
    /// Exactly what the plan said that goes.
    var expect: [String]
    /// Drivers may take data along that they refuse to lose otherwise.
    var force: Bool?
    var reason: String?

    private enum CodingKeys: String, CodingKey {
        case resources, expect, force, reason
        case hours = "older_than_hours"
    }

    /// Up to ten years.
    static let windows = 0...87_600
    static let window = Problem(
        code: "API-102", path: "older_than_hours", message: "a number of hours from 0 to 87600 is needed")

    static func read(_ call: RouteCall) throws -> CollectionBody {
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        try OwnBody.refuseUnknown(members, known: ["expect", "force", "older_than_hours", "reason", "resources"])
        let read: CollectionBody
        do throws(JSONError) { read = try body.decode(CollectionBody.self) } catch {
            throw HTTPFailure.problems("invalid", [Problem(code: "API-102", path: "", message: error.message)])
        }
        guard read.hours.map(windows.contains) ?? true else { throw HTTPFailure.problems("invalid", [window]) }
        guard (read.reason ?? "").utf8.count <= 1000 else {
            throw HTTPFailure.problems(
                "invalid", [Problem(code: "API-102", path: "reason", message: "at most 1000 bytes")])
        }
        return read
    }
}
