import CPostgres
import Synchronization

/// A transaction of a leased connection. It begins in the server with its first statements: BEGIN and the tenant go out before the same
/// Sync, so that a statement can never run without them.
struct TransactionMark: Sendable {
    private static let last = Atomic<UInt64>(0)

    /// Larger than that of every earlier one.
    let id = last.wrappingAdd(1, ordering: .relaxed).newValue
    let org: String?

    var prelude: [SQL] { [.begin] + (org.map { [.setOrg($0)] } ?? []) }
}

/// Where the transaction of a leased connection stands.
enum TransactionPhase {
    /// - ended: The last one that has.
    case none(ended: UInt64)
    case open(id: UInt64, batches: Int)
}

extension PostgresConnection {
    /// Runs statements in a transaction. When the very first ones meet a changed plan, it is begun again; later the error goes to the
    /// caller, whose whole transaction is worth another try.
    func run(_ statements: [SQL], in mark: TransactionMark) async throws(PostgresError) -> [ResultTable] {
        switch await submitFirst(statements, mark) {
        case .done(let tables): return tables
        case .failed(let error, _): throw error
        }
    }

    private func submitFirst(_ statements: [SQL], _ mark: TransactionMark, isCancellable: Bool = true) async -> Batch.Outcome {
        let outcome = await submit(statements, transaction: mark, isCancellable: isCancellable)
        guard case .failed(_, .stalePlan) = outcome, case .open(mark.id, batches: 1) = transaction else { return outcome }
        return await submit(statements, transaction: mark, restart: true, isCancellable: isCancellable)
    }

    /// The statements to send for a request and how many of them the caller did not ask for;
    /// nil when its transaction is over.
    func transactionStatements(of request: Request) -> (statements: [SQL], hidden: Int)? {
        guard let mark = request.transaction else { return (request.statements, 0) }
        switch transaction {
        case .none(let ended) where mark.id > ended:
            let prelude = mark.prelude
            transaction = .open(id: mark.id, batches: 1)
            return (prelude + request.statements, prelude.count)
        case .open(mark.id, let batches):
            transaction = .open(id: mark.id, batches: batches + 1)
            guard request.restart else { return (request.statements, 0) }
            let prelude = mark.prelude
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
    func commit(
        _ mark: TransactionMark, running last: [SQL] = [], taking rider: SQL? = nil
    ) async throws(PostgresError) -> [ResultTable] {
        defer { transaction = .none(ended: mark.id) }
        switch transaction {
        case .open(mark.id, _): break
        case .none(let ended) where mark.id > ended && !last.isEmpty: break
        default: return []
        }
        let last = last + (rider.map { [$0] } ?? [])
        let outcome = await submitFirst(last + [.commit], mark, isCancellable: false)
        if !last.isEmpty, case .failed(let error, _) = outcome, error.sqlstate != nil {
            // What failed may have been what goes before COMMIT, which was not run then.
            await rollback(mark)
        }
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
    func rollback(_ mark: TransactionMark) async {
        defer { transaction = .none(ended: mark.id) }
        guard case .open(mark.id, _) = transaction else { return }
        _ = await submit([.rollback], transaction: mark, isCancellable: false)
    }
}

extension SQL {
    static let begin = SQL([.text("BEGIN")], isReusable: false)
    static let commit = SQL([.text("COMMIT")], isReusable: false)
    static let rollback = SQL([.text("ROLLBACK")], isReusable: false)

    /// The tenant of the running transaction; policies read it through martlet.current_org().
    static func setOrg(_ org: String) -> SQL { "SELECT set_config('martlet.org_id', \(org), true)" }
}
