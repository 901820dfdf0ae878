/// The statements of one transaction, inside `withOrg` or `withTransaction`; afterwards every call throws.
package struct PostgresTransaction: Sendable {
    let connection: PostgresConnection
    let id: UInt64

    package func query(_ sql: SQL) async throws(PostgresError) -> [Row] {
        try await connection.run([sql], in: id).last?.rows ?? []
    }

    /// How many rows the statement touched.
    @discardableResult
    package func execute(_ sql: SQL) async throws(PostgresError) -> Int {
        try await connection.run([sql], in: id).last?.affectedRows ?? 0
    }

    /// Several statements in one round trip; after a failing one the rest is not run.
    package func pipeline(_ statements: [SQL]) async throws(PostgresError) -> [[Row]] {
        try await connection.run(statements, in: id).map(\.rows)
    }
}
