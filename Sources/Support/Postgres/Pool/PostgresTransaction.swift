/// The statements of one transaction, inside `withOrg` or `withTransaction`; afterwards every call throws.
package struct PostgresTransaction: Sendable {
    let connection: PostgresConnection
    let mark: TransactionMark

    package func query(_ sql: SQL) async throws(PostgresError) -> [Row] {
        try await connection.run([sql], in: mark).last?.rows ?? []
    }

    /// How many rows the statement touched.
    @discardableResult
    package func execute(_ sql: SQL) async throws(PostgresError) -> Int {
        try await connection.run([sql], in: mark).last?.affectedRows ?? 0
    }

    /// Sends rows by COPY; a statement of the transaction must have run before.
    ///
    /// - Parameter statement: `COPY table (columns) FROM STDIN`.
    /// - Returns: How many rows the server took.
    @discardableResult
    package func copy(_ rows: CopyText, by statement: StaticString) async throws(PostgresError) -> Int {
        try await connection.copy(statement, rows, in: mark)
    }

    /// Several statements in one round trip; after a failing one the rest is not run.
    package func pipeline(_ statements: [SQL]) async throws(PostgresError) -> [[Row]] {
        try await run(statements).map(\.rows)
    }

    func run(_ statements: [SQL]) async throws(PostgresError) -> [ResultTable] {
        try await connection.run(statements, in: mark)
    }
}
