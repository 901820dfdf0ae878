/// What went wrong with PostgreSQL, for operators: never with a query's text or the values of its parameters.
package struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No connection, or it broke; whether a statement on its way took effect is not known.
        case connection
        /// The server refused the statement.
        case server(sqlstate: String)
        /// The statement ran longer than its limit and was ended, or the server stopped answering.
        case timeout
        /// The calling task was cancelled; a statement that was on its way may have taken effect all the same.
        case cancelled
        /// A value is missing or has another type than the code asks for.
        case decoding
        /// Every connection was busy for the whole of the acquire timeout, or too many callers wait already.
        case poolExhausted
    }

    package let kind: Kind
    package let message: String
    /// The violated constraint, where the server names one.
    package var constraint: String?
    /// True when COMMIT was sent and its answer never came: the transaction may or may not have taken effect.
    package var commitOutcomeUnknown = false
    /// The statement was never sent, so it is safe to send it on another connection.
    var notSent = false

    package init(_ kind: Kind, _ message: String, constraint: String? = nil) {
        self.kind = kind
        self.message = message
        self.constraint = constraint
    }

    package var sqlstate: String? { if case .server(let state) = kind { state } else { nil } }

    package var description: String {
        switch kind {
        case .connection: "PostgreSQL connection: \(message)"
        case .server(let state): "PostgreSQL \(state): \(message)"
        case .timeout: "PostgreSQL timeout: \(message)"
        case .cancelled: "PostgreSQL query cancelled: \(message)"
        case .decoding: "PostgreSQL result: \(message)"
        case .poolExhausted: "PostgreSQL pool exhausted: \(message)"
        }
    }
}

extension PostgresError {
    package var isUniqueViolation: Bool { sqlstate == "23505" }
    package var isForeignKeyViolation: Bool { sqlstate == "23503" }
    package var isCheckViolation: Bool { sqlstate == "23514" }
    /// Refused by a tenant's policy (or by a missing grant).
    package var isInsufficientPrivilege: Bool { sqlstate == "42501" }

    /// The server's disk, memory or connections are used up, or its disk fails.
    package var isOutOfResources: Bool { sqlstate.map { $0.hasPrefix("53") || $0 == "58030" } ?? false }

    /// Worth another try of the whole transaction: serialization failure, deadlock, a plan that a migration changed,
    /// or no connection (unless a COMMIT was on its way).
    package var isTransient: Bool {
        switch kind {
        case .connection, .poolExhausted: !commitOutcomeUnknown
        case .server(let state):
            // 25006: a standby, which is to be promoted.
            ["25006", "40001", "40P01", "55P03", "0A000", "26000", "57P01", "57P02", "57P03"].contains(state) || isOutOfResources
        case .timeout, .cancelled, .decoding: false
        }
    }

    /// The server is away, or went away when it was asked: whoever can look at what was done may ask again.
    package var isAway: Bool { isTransient || commitOutcomeUnknown }
}
