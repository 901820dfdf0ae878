import AccessControl
import AuditRules
import Auditing
import Hummingbird
import PlatformModel
import Postgres
import ServiceRuntime
import Synchronization

/// What the gateway puts on record of the requests that come to it: what it does itself, and what it refuses. What it passes on is
/// recorded by the room that does it.
final class GateAudit: Sendable {
    /// Refused writes of nobody's in one second: strangers do not fill the log. Those beyond are counted.
    private static let mostOfNobody = 20

    private struct Nobody {
        var since = ContinuousClock.now
        var count = 0
        var omitted = 0
    }

    let requests: RequestAudit
    private let pool: PostgresPool
    private let nobody = Mutex(Nobody())

    init(_ pool: PostgresPool) {
        self.pool = pool
        requests = RequestAudit(pool)
    }

    /// Of a request of which only the path is known.
    func entry(of match: MatchedRoute, _ request: Request, _ context: RoomContext) -> AuditEntry {
        var entry = AuditEntry(
            orgID: match.orgID, actor: "nobody", action: match.route.action.rawValue, method: match.route.method,
            path: request.uri.path, status: match.route.status, requestID: context.requestID)
        entry.details["address"] = context.remoteAddress.map { .string($0) }
        return entry
    }

    /// Somebody came without a token that is valid.
    func refused(_ failure: HTTPFailure, nobody entry: AuditEntry) async throws {
        let (isRecorded, omitted) = nobody.withLock { nobody in
            if ContinuousClock.now - nobody.since > .seconds(1) { (nobody.since, nobody.count) = (.now, 0) }
            nobody.count += 1
            guard nobody.count <= Self.mostOfNobody else {
                nobody.omitted += 1
                return (false, 0)
            }
            defer { nobody.omitted = 0 }
            return (true, nobody.omitted)
        }
        guard isRecorded else { return }
        // The organisation that they name is not told: it may not be one.
        var entry = entry
        entry.orgID = nil
        if omitted > 0 { entry.details["omitted_before"] = .int(Int64(omitted)) }
        try await requests.record(failure, of: entry)
    }

    /// The path alone refuses somebody. Writes are recorded, and whatever is asked of an organisation in which they are nobody.
    func refused(_ failure: HTTPFailure, _ match: MatchedRoute, in org: String?, _ entry: AuditEntry) async throws {
        let isStranger = failure.status == .notFound && org != nil
        guard match.route.method != "GET" || isStranger else { return }
        var entry = entry
        entry.orgID = org
        // What is no organisation has no log.
        if isStranger, let org, try await !RoleStore.isKnown(org, pool) { entry.orgID = nil }
        try await requests.record(failure, of: entry)
    }
}
