import CPostgres
import Logging

/// One connection, in libpq's pipeline mode: many callers' batches are on their way at once, and answers are matched
/// to them in order. It lives on the event loop's thread, so no call of libpq is ever made anywhere else.
package actor PostgresConnection {
    enum Phase {
        case new
        case connecting(CheckedContinuation<PostgresError?, Never>)
        case ready
        /// A multi-statement script runs by the simple protocol, outside pipeline mode.
        case script(String, CheckedContinuation<PostgresError?, Never>, PostgresError?)
        /// Rows go to the server by COPY, outside pipeline mode, too.
        case copying(CopyRun)
        case closed(PostgresError)
    }

    struct Request {
        let id: UInt64
        let statements: [SQL]
        let transaction: TransactionMark?
        let restart: Bool
        let reply: CheckedContinuation<Batch.Outcome, Never>
    }

    nonisolated let loop: EventLoop
    nonisolated let configuration: PostgresConfiguration
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The PGconn; used on the loop's thread only and gone once closed.
    var handle: LibpqHandle?
    var phase = Phase.new
    var descriptor: Int32 = -1
    var wantsToWrite = false
    var cache: StatementCache
    var inFlight: [Batch] = []
    /// Requests held back while a cancel request is under way, so that it cannot hit them.
    var heldBack: [Request] = []
    var cancelsUnderWay = 0
    var headSince = ContinuousClock.now
    var guardIsArmed = false
    var transaction = TransactionPhase.none(ended: 0)
    var lastID: UInt64 = 0
    var closeObservers: [@Sendable () -> Void] = []
    var notificationHandler: (@Sendable (_ channel: String, _ payload: String) -> Void)?

    init(_ configuration: PostgresConfiguration, loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        cache = StatementCache(limit: configuration.preparedStatementLimit)
    }

    /// Opens a connection within `configuration.connectTimeout`: to the first host of the DSN's that takes it.
    package static func connect(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection {
        let hosts = try configuration.connectionParameters()
        var failures: [String] = []
        for parameters in hosts {
            let connection = PostgresConnection(configuration, loop: try EventLoop.shared.get())
            do throws(PostgresError) {
                try await connection.open(parameters, within: configuration.connectTimeout / hosts.count)
                return connection
            } catch {
                if hosts.count == 1 || error.kind == .cancelled { throw error }
                failures.append(error.message)
            }
        }
        throw PostgresError(.connection, failures.joined(separator: "; "))
    }

    // MARK: Statements

    /// Runs one statement by itself and returns its rows.
    package func query(_ sql: SQL) async throws(PostgresError) -> [Row] {
        try await run([sql]).last?.rows ?? []
    }

    /// Runs one statement by itself and returns how many rows it touched.
    @discardableResult
    package func execute(_ sql: SQL) async throws(PostgresError) -> Int {
        try await run([sql]).last?.affectedRows ?? 0
    }

    /// Runs the statements before one Sync, as one implicit transaction. What another caller's cancel request or a
    /// changed plan ended without effect is sent again.
    func run(_ statements: [SQL]) async throws(PostgresError) -> [ResultTable] {
        var attempt = 0
        while true {
            attempt += 1
            switch await submit(statements) {
            case .done(let tables): return tables
            case .failed(let error, .final): throw error
            case .failed(let error, _):
                if attempt > 3 || Task.isCancelled { throw error }
            }
        }
    }

    /// Hands the statements to the server and waits for the answer; cancelling the task cancels them in the server.
    func submit(
        _ statements: [SQL], transaction: TransactionMark? = nil, restart: Bool = false, isCancellable: Bool = true
    ) async -> Batch.Outcome {
        if isCancellable, Task.isCancelled {
            return .failed(PostgresError(.cancelled, "the calling task was cancelled"), .final)
        }
        lastID += 1
        let id = lastID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                accept(Request(id: id, statements: statements, transaction: transaction, restart: restart, reply: reply))
            }
        } onCancel: {
            // Runs after the request was accepted: both are the loop's, in this order.
            if isCancellable { loop.execute { self.assumeIsolated { $0.cancel(id) } } }
        }
    }

    private func accept(_ request: Request) {
        if cancelsUnderWay > 0 { heldBack.append(request) } else { send(request) }
    }

    // MARK: State

    package var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Whether the session is outside any transaction and nothing is on its way.
    var isIdle: Bool {
        guard case .ready = phase, let handle else { return false }
        return inFlight.isEmpty && heldBack.isEmpty && PQtransactionStatus(handle.pointer) == PQTRANS_IDLE
    }

    /// Calls `body` once when the connection is closed, from either side.
    func whenClosed(_ body: @escaping @Sendable () -> Void) {
        if isClosed { body() } else { closeObservers.append(body) }
    }

    /// Returns when the connection is closed, from either side.
    func untilClosed() async {
        await withCheckedContinuation { continuation in whenClosed { continuation.resume() } }
    }

    /// Says goodbye to the server; batches on their way fail.
    package func close() { fail(PostgresError(.connection, "closed by this program")) }

    /// The SCRAM-SHA-256 verifier of a password, made here so that the server and its logs never see the password.
    package func scramVerifier(password: String, user: String) throws(PostgresError) -> String {
        guard case .ready = phase, let handle else { throw PostgresError(.connection, "the connection is closed") }
        guard let text = PQencryptPasswordConn(handle.pointer, password, user, "scram-sha-256") else {
            throw PostgresError(.connection, "no SCRAM verifier could be made")
        }
        defer { PQfreemem(text) }
        return String(cString: text)
    }
}

/// Owns a PGconn.
final class LibpqHandle: @unchecked Sendable {
    // Unchecked: made on a thread of its own, then used on the loop's thread only, and freed once, here.
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { PQfinish(pointer) }

    /// libpq's words about the last failure, on one line.
    var message: String {
        let text = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
        return text.split(separator: "\n").joined(separator: "; ")
    }
}

extension PostgresConnection {
    /// Runs statements in one transaction, all or nothing, in one round trip.
    package func transaction(_ statements: [SQL]) async throws(PostgresError) { _ = try await run(statements) }
}
