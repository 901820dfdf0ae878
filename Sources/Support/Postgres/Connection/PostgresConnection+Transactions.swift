import CPostgres

/// Where the transaction of a leased connection stands.
enum TransactionPhase {
    case none
    /// Nothing was sent yet: `prelude` (BEGIN and the tenant) goes out with the first statements, before the same Sync,
    /// so that a statement can never run without it.
    case pending(id: UInt64, prelude: [SQL])
    case open(id: UInt64, prelude: [SQL], batches: Int)
}

extension PostgresConnection {
    /// Announces a transaction; nothing is sent before its first statement.
    func beginTransaction(org: String?) -> UInt64 {
        deallocateDropped()
        lastID += 1
        var prelude: [SQL] = [.begin]
        if let org { prelude.append(.setOrg(org)) }
        transaction = .pending(id: lastID, prelude: prelude)
        return lastID
    }

    /// Runs statements in the announced transaction. When the very first ones meet a changed plan, the transaction is
    /// begun again; later the error goes to the caller, whose whole transaction is worth another try.
    func run(_ statements: [SQL], in id: UInt64) async throws(PostgresError) -> [ResultTable] {
        var outcome = await submit(statements, transaction: id)
        if case .failed(_, .stalePlan) = outcome, case .open(id, _, batches: 1) = transaction {
            outcome = await submit(statements, transaction: id, restart: true)
        }
        switch outcome {
        case .done(let tables): return tables
        case .failed(let error, _): throw error
        }
    }

    /// The statements to send for a request and how many of them the caller did not ask for;
    /// nil when its transaction is over.
    func transactionStatements(of request: Request) -> (statements: [SQL], hidden: Int)? {
        guard let id = request.transaction else { return (request.statements, 0) }
        switch transaction {
        case .pending(id, let prelude):
            transaction = .open(id: id, prelude: prelude, batches: 1)
            return (prelude + request.statements, prelude.count)
        case .open(id, let prelude, let batches):
            transaction = .open(id: id, prelude: prelude, batches: batches + 1)
            guard request.restart else { return (request.statements, 0) }
            return ([.rollback] + prelude + request.statements, prelude.count + 1)
        default:
            return nil
        }
    }

    /// COMMIT, when anything was sent at all. Not cancellable: its answer is waited for.
    ///
    /// - Parameters:
    ///   - last: Go out before it, in the same round trip; without all of them nothing is kept.
    ///   - rider: The same, behind those; by itself it begins no transaction.
    /// - Returns: A table for each of them; none where nothing was sent.
    @discardableResult
    func commit(_ id: UInt64, running last: [SQL] = [], taking rider: SQL? = nil) async throws(PostgresError) -> [ResultTable] {
        switch transaction {
        case .open(id, _, _): break
        case .pending(id, _) where !last.isEmpty: break
        default:
            transaction = .none
            return []
        }
        let last = last + (rider.map { [$0] } ?? [])
        var outcome = await submit(last + [.commit], transaction: id, isCancellable: false)
        if case .failed(_, .stalePlan) = outcome, case .open(id, _, batches: 1) = transaction {
            outcome = await submit(last + [.commit], transaction: id, restart: true, isCancellable: false)
        }
        if !last.isEmpty, case .failed(let error, _) = outcome, error.sqlstate != nil {
            // What failed may have been what goes before COMMIT, which was not run then.
            await rollback(id)
        }
        transaction = .none
        switch outcome {
        case .done(let tables):
            // A failed statement that the caller swallowed turns COMMIT into ROLLBACK.
            guard tables.last?.commandTag == "COMMIT" else {
                throw PostgresError(.server(sqlstate: "25P02"), "rolled back, because a statement of the transaction had failed")
            }
            return tables.dropLast()
        case .failed(var error, _):
            error.commitOutcomeUnknown = error.sqlstate == nil && !error.notSent
            throw error
        }
    }

    /// ROLLBACK, when anything was sent at all; a broken connection has rolled back already.
    func rollback(_ id: UInt64) async {
        defer { transaction = .none }
        guard case .open(id, _, _) = transaction else { return }
        _ = await submit([.rollback], transaction: id, isCancellable: false)
    }
}

extension SQL {
    static let begin = SQL([.text("BEGIN")], isReusable: false)
    static let commit = SQL([.text("COMMIT")], isReusable: false)
    static let rollback = SQL([.text("ROLLBACK")], isReusable: false)

    /// The tenant of the running transaction; policies read it through martlet.current_org().
    static func setOrg(_ org: String) -> SQL { "SELECT set_config('martlet.org_id', \(org), true)" }
}
