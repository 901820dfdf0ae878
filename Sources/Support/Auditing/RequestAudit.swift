import AuditRules
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// The record of a room's requests: the one place where a request that writes gets its entry.
package struct RequestAudit: Sendable {
    private let database: PostgresPool

    package init(_ database: PostgresPool) { self.database = database }

    /// Runs what writes, or might: see `PostgresPool.audited`.
    ///
    /// - Parameter entry: As it shall be when the request succeeds.
    package func writes<Result: Sendable>(
        _ entry: AuditEntry, alsoUnchanged: Bool = true, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result {
        try await database.audited(entry, alsoUnchanged: alsoUnchanged, refusal: Self.refusal, body)
    }

    /// Runs what is another's to put on record when it succeeds: only a refusal is recorded here.
    package func refusals<Result: Sendable>(
        _ entry: AuditEntry, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        do { return try await body() } catch {
            try await record(error, of: entry)
            throw error
        }
    }

    /// Puts on record that a request was refused.
    package func record(_ error: any Error, of entry: AuditEntry) async throws {
        try await database.auditRefusal(of: entry, error, Self.refusal)
    }

    @Sendable private static func refusal(of error: any Error) -> (status: Int, code: String) {
        let failure = error as? HTTPFailure ?? (error as? RoomError).flatMap { HTTPFailure($0) }
        return failure.map { (Int($0.status.code), $0.body.error) } ?? (500, "internal")
    }
}
