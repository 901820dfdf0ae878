import AuditRules
import HTTPTypes
import Hummingbird
import Logging
import PlatformModel
import Postgres
import ServiceRuntime

/// Puts on record what is asked of a room's admin routes, beside what only looks: for every such route there is or will be. Who answers
/// otherwise than by 200 says so first (`willAnswer`).
package struct AdminAudit: RouterMiddleware {
    package typealias Context = RoomContext

    /// For the record, which is made before the answer.
    package static func willAnswer(_ status: HTTPResponse.Status) { AuditTrail.note { $0.status = Int(status.code) } }

    private let audit: RequestAudit

    package init(_ audit: RequestAudit) { self.audit = audit }

    package func handle(
        _ request: Request, context: RoomContext, next: (Request, RoomContext) async throws -> Response
    ) async throws -> Response {
        guard request.method != .get, request.method != .head else { return try await next(request, context) }
        let uid = context.peer?.uid
        let entry = AuditEntry(
            orgID: try? context.parameter("org"), actor: uid == 0 ? "root" : "uid:\(uid.map { String($0) } ?? "unknown")",
            action: "admin", method: request.method.rawValue, path: request.uri.path, status: 200, requestID: context.requestID)
        do {
            return try await audit.writes(entry) { try await next(request, context) }
        } catch let error as PostgresError where error.isAway {
            context.logger.error("the database gives no answer", metadata: ["cause": "\(error)"])
            throw HTTPFailure.unavailable("the database does not answer at the moment; try again")
        }
    }
}
