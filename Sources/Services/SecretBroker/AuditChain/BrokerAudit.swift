import AuditRules
import Auditing
import PlatformModel
import ServiceRuntime

/// What the broker puts on record: each value that it gives out or refuses, and each change.
struct BrokerAudit: Sendable {
    let requests: RequestAudit

    /// Runs a change: recorded where it changes something, and where it is refused.
    func change<Result: Sendable>(
        _ action: String, _ object: String, in org: String, grant: String? = nil, _ context: RoomContext,
        _ body: () async throws -> Result
    ) async throws -> Result {
        var entry = AuditEntry(
            orgID: org, actor: Self.actor(context), action: action, requestID: context.requestID, object: object)
        entry.details["grant"] = grant.map { .string(String($0.prefix(512))) }
        return try await BrokerFailure.translating { try await requests.writes(entry, alsoUnchanged: false, body) }
    }

    /// The room that asks: `room:runner`.
    static func actor(_ context: RoomContext) -> String {
        context.callers.sorted().first.map { "room:" + $0 } ?? "uid:\(context.peer.map { String($0.uid) } ?? "unknown")"
    }

    /// A value that was asked for.
    /// - Parameter result: `given`, `missing`, `refused` or `damaged`.
    static func read(
        _ path: String, version: String?, result: String, grant: String, in org: String, _ caller: SecretDesk.Caller
    ) -> AuditEntry {
        let outcome: AuditEntry.Outcome =
            switch result {
            case "given": .read
            case "damaged": .failed
            default: .refused
            }
        var entry = AuditEntry(
            orgID: org, actor: caller.name, action: "readSecret", outcome: outcome, requestID: caller.requestID, object: path)
        entry.details = ["result": .string(result), "grant": .string(String(grant.prefix(512)))]
        entry.details["version"] = version.map { .string($0) }
        return entry
    }
}
