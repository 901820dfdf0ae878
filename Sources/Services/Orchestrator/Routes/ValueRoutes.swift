import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// Shared values and their versions, of applications and of environments.
enum ValueRoutes {
    private static let levels = ["/orgs/{orgId}/apps/{appId}", "/orgs/{orgId}/apps/{appId}/envs/{envId}"]

    static func handlers(_ database: PostgresPool, _ secrets: ValueSecrets) -> [RouteHandler] {
        let desk = ValueDesk(database: database, secrets: secrets)
        let history = ValueHistoryDesk(database: database, secrets: secrets)
        return levels.flatMap { base in
            values(base, database, desk) + versions(base, database) + actions(base, database, history)
        }
    }

    private static func values(_ base: String, _ database: PostgresPool, _ desk: ValueDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", base + "/values") { call in
                try .tagged(
                    try await database.withOrg(call.orgID) { transaction in
                        try await ValueDesk.list(try await subject(call, transaction), transaction)
                    })
            },
            RouteHandler("POST", base + "/values") { call in
                let request = try call.decode(ValueRequest.self)
                let subject = try await known(call, database)
                return try .created(
                    ValuePicture(try await desk.create(request, newID: call.newID(digits: 32), subject)))
            },
            RouteHandler("DELETE", base + "/values") { call in
                try await desk.deleteAll(try await known(call, database))
                return .noContent
            },
            RouteHandler("PUT", base + "/values/{key}") { call in
                let request = try call.decode(ValueRequest.self)
                let subject = try await known(call, database), key = call.parameter("key")
                return try .ok(ValuePicture(try await desk.change(request, key: key, isPatch: false, subject)))
            },
            RouteHandler("PATCH", base + "/values/{key}") { call in
                let request = try call.decode(ValueRequest.self)
                let subject = try await known(call, database), key = call.parameter("key")
                return try .ok(ValuePicture(try await desk.change(request, key: key, isPatch: true, subject)))
            },
            RouteHandler("DELETE", base + "/values/{key}") { call in
                try await desk.delete(call.parameter("key"), try await known(call, database))
                return .noContent
            },
        ]
    }

    private static func versions(_ base: String, _ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", base + "/value-set-versions") { call in
                let limit = try limit(call)
                return try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let subject = try await subject(call, transaction)
                        if let before = call.query["before"] {
                            _ = try await ValueHistoryDesk.require(before, subject, transaction)
                        }
                        let versions = try await ValueSetVersionStore.list(
                            subject.level, appID: call.appID, key: call.query["key_changed"], before: call.query["before"],
                            limit: limit, transaction)
                        return try await ValueHistoryDesk.pictures(versions, appID: call.appID, transaction)
                    })
            },
            RouteHandler("GET", base + "/value-set-versions/{valueSetVersionId}") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let version = try await ValueHistoryDesk.require(
                            call.parameter("valueSetVersionId"), try await subject(call, transaction), transaction)
                        return try await ValueHistoryDesk.pictures([version], appID: call.appID, transaction)[0]
                    })
            },
        ]
    }

    private static func actions(_ base: String, _ database: PostgresPool, _ history: ValueHistoryDesk) -> [RouteHandler] {
        let version = base + "/value-set-versions/{valueSetVersionId}"
        return [
            RouteHandler("POST", version + "/restore") { call in
                let comment = try comment(call), subject = try await known(call, database)
                return try .ok(
                    try await history.restore(call.parameter("valueSetVersionId"), comment: comment, subject))
            },
            RouteHandler("POST", version + "/restore/{key}") { call in
                let comment = try comment(call), subject = try await known(call, database)
                return try .ok(
                    try await history.restore(
                        call.parameter("valueSetVersionId"), key: call.parameter("key"), comment: comment, subject))
            },
            RouteHandler("POST", version + "/purge/{key}") { call in
                let comment = try comment(call), subject = try await known(call, database)
                try await history.purge(
                    call.parameter("valueSetVersionId"), key: call.parameter("key"), comment: comment, subject)
                return .noContent
            },
        ]
    }

    private static func comment(_ call: RouteCall) throws -> String {
        try call.body.isEmpty ? "" : call.decode(ValueActionRequest.self).words()
    }

    private static func limit(_ call: RouteCall) throws -> Int {
        guard let text = call.query["limit"] else { return ValueHistoryDesk.page }
        guard let limit = Int(text), (1...ValueHistoryDesk.page).contains(limit) else {
            throw HTTPFailure.invalid("limit: a number from 1 to \(ValueHistoryDesk.page), not '\(text.prefix(40))'")
        }
        return limit
    }

    private static func known(_ call: RouteCall, _ database: PostgresPool) async throws -> ValueDesk.Subject {
        try await database.withOrg(call.orgID) { try await subject(call, $0) }
    }

    /// - Throws: 404 where the application, or the environment, is not there.
    private static func subject(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> ValueDesk.Subject {
        try await EnvironmentRoutes.requireApplication(call, transaction)
        if !call.envID.isEmpty { _ = try await EnvironmentRoutes.require(call, transaction) }
        return ValueDesk.Subject(
            orgID: call.orgID, appID: call.appID, level: ValueLevel(envID: call.envID), user: call.principal.id, call: call)
    }
}
