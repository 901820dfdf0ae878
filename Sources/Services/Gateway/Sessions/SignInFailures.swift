import AccessControl
import Cryptography
import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceRuntime

/// Makes whoever tries passwords wait: for each name, for the person behind it by whatever name, and for each address.
///
/// What is told and how long it takes follows from the name as it was typed, so that a name that exists is like one that does not. Who is
/// tried by several names waits as one person; another name of theirs is then told that the password is wrong, whatever it is.
struct SignInFailures: Sendable {
    let pool: PostgresPool
    let names: LockRule
    let addresses: LockRule
    let metrics: MetricsRegistry
    let logger: Logger

    /// One try, by whom and from where.
    struct Try: Sendable {
        let name: String
        let address: String?
        let addressKey: String?

        /// - Parameter address: nil for one that is not counted by address.
        init(username: String, address: String?) throws(CryptographyError) {
            name = "name:" + (try Self.short(Self.canonical(username)))
            self.address = address
            addressKey = if let address { "address:" + (try Self.short(address)) } else { nil }
        }

        fileprivate var keys: [String] { [name] + (addressKey.map { [$0] } ?? []) }

        /// As the directory compares names (RFC 4518): without regard to case and to spaces around and in a row.
        static func canonical(_ username: String) -> String {
            username.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }

        /// Of what may have been a password typed into the wrong field this must not tell which.
        private static func short(_ text: String) throws(CryptographyError) -> String {
            Hexadecimal.encode(Array(try Digest.sha256(Array(text.utf8)).prefix(2)))
        }
    }

    /// - Throws: 429 while the name or the address waits.
    func refuseLocked(_ attempt: Try) async throws {
        try refuse(try await AuditTrail.aside { try await SignInFailureStore.locks(attempt.keys, pool) })
    }

    /// Counts a wrong password.
    /// - Parameter account: Whose it would have been.
    /// - Throws: 429 when the name or the address waits by now.
    func count(_ attempt: Try, account: String?) async throws {
        var rules = [attempt.name: names], shown: [String: String] = [:]
        if let key = attempt.addressKey {
            rules[key] = addresses
            shown[key] = attempt.address
        }
        if let account {
            rules["user:" + account] = names
            shown["user:" + account] = attempt.name
        }
        let (all, words) = (rules, shown)
        // No effect of the request: the audit log's entry says that it was refused.
        let locked = try await AuditTrail.aside {
            try await pool.withTransaction { try await SignInFailureStore.count(all, shown: words, $0) }
        }
        metrics.count("martlet_sign_ins_refused_total", help: "Sign-ins with a wrong name or password.")
        try refuse(locked.filter { !$0.key.hasPrefix("user:") })
    }

    /// The password was right: nothing is held against the person any more, unless they wait.
    /// - Throws: 429 when the name or the address waits.
    /// - Returns: Whether they may come in. Where only the person waits, under another name, this one is told what a wrong password is.
    func forgive(_ attempt: Try, account: String) async throws -> Bool {
        let locked = try await AuditTrail.aside {
            try await SignInFailureStore.forget(attempt.keys + ["user:" + account], pool)
        }
        try refuse(locked.filter { !$0.key.hasPrefix("user:") })
        return locked.isEmpty
    }

    private func refuse(_ locked: [String: Double]) throws(HTTPFailure) {
        guard let wait = locked.values.max() else { return }
        metrics.count("martlet_sign_ins_locked_total", help: "Sign-ins refused unseen, after too many wrong passwords.")
        let seconds = max(1, Int(wait.rounded(.up)))
        throw HTTPFailure(
            .tooManyRequests,
            ErrorBody(
                error: "too_many_tries",
                message:
                    "Too many wrong passwords for this name, or from this address. Try again in \(seconds) s, or ask root on the host: "
                    + "martlet-admin sign-in unlock",
                details: ["retry_after_seconds": .int(Int64(seconds))]),
            headers: [.retryAfter: String(seconds)])
    }
}
