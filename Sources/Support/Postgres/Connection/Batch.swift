/// Statements sent before one Sync: they succeed or fail together, and one answer goes back to the caller.
struct Batch {
    enum Step {
        case prepare(StatementCache.Key)
        /// `isHidden`: its rows are not part of the answer (`BEGIN`, `set_config`).
        case statement(key: StatementCache.Key?, name: String?, isHidden: Bool)
    }

    enum Outcome: Sendable {
        case done([ResultTable])
        case failed(PostgresError, Reason)
    }

    enum Reason: Sendable {
        case final
        /// A cancel request that was meant for another batch hit this one; nothing of it took effect.
        case interrupted
        /// A prepared statement of it was out of date; nothing of it took effect.
        case stalePlan
    }

    let id: UInt64
    /// Nil once the caller was answered before the server was (it was cancelled).
    var reply: CheckedContinuation<Outcome, Never>?
    let steps: [Step]
    private(set) var position = 0
    private(set) var tables: [ResultTable] = []
    private(set) var failure: (error: PostgresError, reason: Reason)?
    var cancelRequested = false
    /// A cancel request for this or an earlier batch was under way while this one was.
    var exposedToCancel = false

    init(id: UInt64, steps: [Step], reply: CheckedContinuation<Outcome, Never>?) {
        self.id = id
        self.steps = steps
        self.reply = reply
    }

    var outcome: Outcome { failure.map { .failed($0.error, $0.reason) } ?? .done(tables) }
    /// How many statements' worth of time it may take.
    var statementCount: Int { max(1, steps.count) }

    /// The step that the next result belongs to.
    mutating func nextStep() -> Step? {
        guard position < steps.count else { return nil }
        defer { position += 1 }
        return steps[position]
    }

    mutating func succeeded(_ step: Step, _ table: ResultTable) {
        if case .statement(_, _, isHidden: false) = step { tables.append(table) }
    }

    mutating func failed(_ message: ServerMessage) {
        guard failure == nil else { return }
        // 57014 is what a cancel request and a statement timeout both give.
        guard message.sqlstate == "57014" else {
            failure = (message.error, message.isStalePlan ? .stalePlan : .final)
            return
        }
        if cancelRequested {
            failure = (PostgresError(.cancelled, "the calling task was cancelled"), .final)
        } else if exposedToCancel {
            failure = (PostgresError(.cancelled, "a cancel request for another query hit this one"), .interrupted)
        } else {
            failure = (PostgresError(.timeout, "the statement ran into the server's statement_timeout"), .final)
        }
    }

    mutating func failed(_ error: PostgresError) {
        if failure == nil { failure = (error, .final) }
    }
}
