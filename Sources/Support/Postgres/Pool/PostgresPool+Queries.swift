extension PostgresPool {
    /// Runs one statement by itself, pipelined with those of other callers, and returns its rows.
    /// With `org` the tenant's rows are visible; without, only tables that have no policy.
    package func query(_ sql: SQL, org: String? = nil) async throws(PostgresError) -> [Row] {
        try await runAlone([sql], org: org).last?.rows ?? []
    }

    /// Runs one statement by itself and returns how many rows it touched.
    @discardableResult
    package func execute(_ sql: SQL, org: String? = nil) async throws(PostgresError) -> Int {
        try await runAlone([sql], org: org).last?.affectedRows ?? 0
    }

    /// Runs several statements before one Sync: one round trip, all or nothing; the rows of each.
    package func pipeline(_ statements: [SQL], org: String? = nil) async throws(PostgresError) -> [[Row]] {
        try await runAlone(statements, org: org).map(\.rows)
    }

    /// What may write, and is to be on record, gets a connection of its own: it may have to wait for the audit log.
    private func runAlone(_ statements: [SQL], org: String?) async throws(PostgresError) -> [ResultTable] {
        guard AuditTrail.current?.isKept == false else { return try await runShared(statements, org: org) }
        do {
            // Nobody decides anything in between: they go with COMMIT.
            return try await transact(org: org, isolation: #isolation, last: statements) { _ in }.last
        } catch let error as PostgresError { throw error } catch { throw PostgresError(.cancelled, "\(error)") }
    }

    private func runShared(_ statements: [SQL], org: String?) async throws(PostgresError) -> [ResultTable] {
        let prelude = org.map { [SQL.setOrg($0)] } ?? []
        var attempt = 0
        while true {
            attempt += 1
            let lease = try await acquire(.shared)
            defer { release(lease) }
            do throws(PostgresError) {
                return Array(try await lease.connection.run(prelude + statements).dropFirst(prelude.count))
            } catch  where error.notSent && attempt < 3 {
                // The connection broke before the statement left: another one may do.
            } catch {
                throw error
            }
        }
    }

    /// A transaction that sees and writes the rows of one organisation. COMMIT when `body` returns, ROLLBACK when it
    /// throws. `BEGIN`, the tenant and the first statement go out before one Sync. No other call on the pool belongs
    /// inside `body`: it would wait for a second connection while holding this one.
    @discardableResult
    package func withOrg<Result>(
        _ org: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await transact(org: org, isolation: isolation, body).result
    }

    /// A transaction without tenant: it sees only tables that have no policy.
    @discardableResult
    package func withTransaction<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await transact(org: nil, isolation: isolation, body).result
    }

    /// - Parameter last: What goes out with COMMIT, after `body`; the answer has a table for each of them.
    private func transact<Result>(
        org: String?, isolation: isolated (any Actor)?, last: [SQL] = [],
        _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> (result: Result, last: [ResultTable]) {
        let lease = try await acquire(.exclusive)
        let connection = lease.connection
        let transaction = PostgresTransaction(connection: connection, mark: TransactionMark(org: org))
        let result: Result, rider: SQL?
        do {
            result = try await body(transaction)
            rider = AuditTrail.current?.rider
            if rider != nil { try auditGate.check() }
            try await PostgresFaults.reach(PostgresFaults.beforeCommit)
        } catch {
            await connection.rollback(transaction.mark)
            await giveBack(lease)
            throw error
        }
        let answers: [ResultTable]
        do {
            answers = try await connection.commit(transaction.mark, running: last, taking: rider)
            if rider != nil { AuditTrail.current?.committed(answers.dropFirst(last.count).first?.rows ?? []) }
            try await PostgresFaults.reach(PostgresFaults.afterCommit)
        } catch {
            if rider != nil { auditGate.note(error) }
            await giveBack(lease)
            throw error
        }
        // What has just been committed is no transaction's any more.
        release(lease)
        return (result, Array(answers.prefix(last.count)))
    }

    /// A connection that is still inside a transaction is of no use to the next caller.
    private func giveBack(_ lease: Lease) async {
        release(lease, isUsable: await lease.connection.isIdle)
    }
}
