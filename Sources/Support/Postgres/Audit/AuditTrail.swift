import AuditRules
import PlatformModel
import Synchronization

/// The entry that a request leaves in the audit log: it goes out with the COMMIT of the first transaction of the request that has written
/// anything, in the same round trip, so that an effect is kept together with its record or not at all. Nobody has to think of it.
package final class AuditTrail: Sendable {
    /// Of the running request; nil where nothing is put on record by itself.
    @TaskLocal package static var current: AuditTrail?

    private struct State {
        var entry: AuditEntry
        var isKept = false
    }

    private let state: Mutex<State>

    /// - Parameter entry: As it shall be when the request succeeds.
    package init(_ entry: AuditEntry) { state = Mutex(State(entry: entry)) }

    package var entry: AuditEntry { state.withLock(\.entry) }
    /// Whether a transaction has taken it along.
    package var isKept: Bool { state.withLock(\.isKept) }

    /// Adds to the running request's entry what the path does not say. Before the transaction ends that writes.
    package static func note(_ change: (inout AuditEntry) -> Void) { current?.state.withLock { change(&$0.entry) } }

    /// Runs what is no effect of the request, such as what prepares it: its transactions do not take the request's entry along, which goes
    /// with the effect, and that may still be refused.
    package static func aside<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await $current.withValue(nil, operation: body)
    }

    /// What goes before the COMMIT of a transaction: it appends nothing, and gives no row, where the transaction has written nothing.
    var rider: SQL? {
        let (entry, isKept) = state.withLock { ($0.entry, $0.isKept) }
        if isKept { return nil }
        return """
            SELECT audit.append(\(JSON.array([entry.row]))) AS kept WHERE pg_current_xact_id_if_assigned() IS NOT NULL
            """
    }

    func committed(_ rows: [Row]) { if !rows.isEmpty { state.withLock { $0.isKept = true } } }
}

extension PostgresTransaction {
    /// Appends entries to the audit log, to be kept or rolled back with everything else in the transaction.
    package func audit(_ entries: [AuditEntry]) async throws(PostgresError) {
        guard !entries.isEmpty else { return }
        try await execute("SELECT audit.append(\(JSON.array(entries.map(\.row))))")
    }

    package func audit(_ entry: AuditEntry) async throws(PostgresError) { try await audit([entry]) }
}

extension PostgresPool {
    /// Appends an entry in a transaction of its own: for what was refused, and what has no other transaction.
    package func audit(_ entry: AuditEntry) async throws {
        try auditGate.check()
        // On a connection of its own: where the log is blocked, nobody else's statement waits behind this one.
        try await AuditTrail.aside {
            do { try await withTransaction { try await $0.audit(entry) } } catch let error as PostgresError {
                auditGate.note(error)
                throw error
            }
        }
    }

    /// Runs a request that writes, or might: its entry goes with its first transaction that wrote something; where none did, it is
    /// appended afterwards; and where the request was refused, that is on record instead.
    ///
    /// - Parameters:
    ///   - alsoUnchanged: Whether it is on record, too, when nothing was written.
    ///   - refusal: Status and code of the answer that an error becomes.
    package func audited<Result: Sendable>(
        _ entry: AuditEntry, alsoUnchanged: Bool = true, isolation: isolated (any Actor)? = #isolation,
        refusal: @Sendable (any Error) -> (status: Int, code: String), _ body: () async throws -> Result
    ) async throws -> Result {
        let trail = AuditTrail(entry)
        let result: Result
        do { result = try await AuditTrail.$current.withValue(trail, operation: body) } catch {
            try await auditRefusal(of: trail.entry, isPartlyDone: trail.isKept, error, refusal)
            throw error
        }
        if alsoUnchanged, !trail.isKept { try await auditUncancelled(trail.entry) }
        return result
    }

    /// Puts on record that a request was not done. Where the database itself does not answer there is nothing to write to.
    ///
    /// - Parameter isPartlyDone: A transaction of it stands, with an entry that says that all of it was done: this one says what came of it.
    package func auditRefusal(
        of entry: AuditEntry, isPartlyDone: Bool = false, _ error: any Error,
        _ refusal: @Sendable (any Error) -> (status: Int, code: String)
    ) async throws {
        if let error = error as? PostgresError, error.isAway { return }
        let answer = refusal(error)
        var entry = entry
        entry.outcome = answer.status < 500 ? .refused : .failed
        entry.status = answer.status
        entry.details["code"] = .string(answer.code)
        if isPartlyDone { entry.details["partly_done"] = true }
        try await auditUncancelled(entry)
    }

    /// Also for somebody who has hung up: nobody gets around the record by that.
    private func auditUncancelled(_ entry: AuditEntry) async throws {
        // A task of a group would be cancelled with its caller.
        try await Task { try await audit(entry) }.value
    }
}
