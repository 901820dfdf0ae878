import Postgres

/// One editor at a time.
enum EditLock {
    /// Until the transaction ends, nobody else changes this thing of the organisation.
    /// - Parameter thing: `defs/postgres`.
    static func take(_ thing: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.query(
            "SELECT pg_advisory_xact_lock(hashtextextended('martlet.edit ' || martlet.current_org() || ' ' || \(thing), 0))")
    }
}
