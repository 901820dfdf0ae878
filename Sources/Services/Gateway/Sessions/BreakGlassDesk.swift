import AuditRules
import Cryptography
import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime
import Synchronization

/// The administrator for the day on which the directory is away, or makes nobody administrator: a password that root makes on the host,
/// good for one sign-in and a short session. It knows no directory, and nothing it does is done quietly.
final class BreakGlassDesk: Sendable {
    /// Nobody else is called so, whatever the directory says.
    static let username = "break-glass"
    static let hours = 1...168

    /// How it came in.
    enum Way: String, Sendable {
        /// Over the gateway's own socket, by root: never refused for what others tried.
        case host
        case network
    }

    private let pool: PostgresPool
    private let sessionSeconds: Int
    private let logger: Logger
    private let count: @Sendable (String) -> Void
    /// Who tries over the network does so one at a time: each costs what a guess is to cost.
    private let isBusy = Mutex(false)

    /// - Parameter count: hears `made`, `signed_in` and `refused`.
    init(pool: PostgresPool, sessionSeconds: Int, logger: Logger, count: @escaping @Sendable (String) -> Void) {
        self.pool = pool
        self.sessionSeconds = sessionSeconds
        self.logger = logger
        self.count = count
    }

    static func isMeant(_ name: String) -> Bool {
        let bytes = name.utf8.drop { $0 == 0x20 }
        return String(decoding: bytes.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self).lowercased() == username
    }

    /// Makes the password anew; an earlier one, and a session by it, end.
    func create(_ request: BreakGlassRequest) async throws -> BreakGlassReply {
        guard Self.hours.contains(request.hours) else {
            throw HTTPFailure.invalid([
                Problem(
                    code: "API-102", path: "hours",
                    message: "a number from \(Self.hours.lowerBound) to \(Self.hours.upperBound) is needed")
            ])
        }
        // 20 characters of base62, 119 random bits, in groups that can be read out.
        let text = Base62.encode(try RandomBytes.makeSecret(16).copyBytes(), count: 22)
        let password = stride(from: 0, to: 20, by: 5).map { String(text.dropFirst($0 + 2).prefix(5)) }.joined(separator: "-")
        let salt = try RandomBytes.make(16)
        let hash = try Scrypt.derive(from: SecretBytes(Array(password.utf8)), salt: salt).copyBytes()
        let expires = try await pool.withTransaction { transaction in
            let expires = try await BreakGlassStore.set(salt: salt, hash: hash, hours: request.hours, transaction)
            try await transaction.audit(AuditEntry(actor: "root", action: "breakGlass.create", object: Self.username))
            return expires
        }
        tell("made", "a break-glass password was made", ["expires": "\(expires)"])
        return BreakGlassReply(username: Self.username, password: password, expiresAt: expires)
    }

    func status() async throws -> BreakGlassStatus { try await BreakGlassStore.status(pool) }

    func end() async throws {
        try await pool.withTransaction { transaction in
            try await BreakGlassStore.end(transaction)
            try await transaction.audit(AuditEntry(actor: "root", action: "breakGlass.end", object: Self.username))
        }
        tell("ended", "break-glass access was ended", [:])
    }

    /// - Throws: 401 in the words for every wrong password, in the same time whether there is one or not.
    func signIn(_ password: String, _ way: Way) async throws -> SignInReply {
        guard way == .host || take() else {
            throw HTTPFailure.unavailable("somebody signs in as this user at the moment; try again", retryAfter: 1)
        }
        defer { if way == .network { isBusy.withLock { $0 = false } } }
        let salt = try await BreakGlassStore.salt(pool)
        let hash = try Scrypt.derive(
            from: SecretBytes(Array(password.utf8.prefix(1024))), salt: salt ?? Array(repeating: 0, count: 16)
        ).copyBytes()
        let token = try AccessToken.make(), id = Hexadecimal.encode(try RandomBytes.make(10))
        let expires = try await pool.withOrg(IdentifierRule.appliance) { transaction -> Timestamp? in
            guard salt != nil, try await BreakGlassStore.use(hash: hash, transaction) else { return nil }
            let expires = try await BreakGlassStore.open(id: id, token, seconds: sessionSeconds, transaction)
            try await transaction.audit(
                AuditEntry(
                    actor: Self.actor, tokenID: id, action: "breakGlass.signIn", object: Self.username,
                    details: ["way": .string(way.rawValue)]))
            return expires
        }
        guard let expires else {
            tell("refused", "somebody tried to sign in as the break-glass administrator", ["way": "\(way.rawValue)"])
            throw HTTPFailure(.unauthorized, "unauthorized", "The user name or the password is not right.")
        }
        tell("signed_in", "THE BREAK-GLASS ADMINISTRATOR HAS SIGNED IN", ["way": "\(way.rawValue)", "until": "\(expires)"])
        let user = UserProfile(
            id: Self.actor, name: Self.username, email: nil, type: "service", createdAt: expires,
            roles: ["/appliance": ApplianceRole.breakGlass.rawValue], organizations: [])
        return SignInReply(token: token.text, expiresAt: expires, user: user)
    }

    private static let actor = Subject.service(BreakGlassStore.userID).reference

    private func take() -> Bool {
        isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
    }

    private func tell(_ event: String, _ message: Logger.Message, _ metadata: Logger.Metadata) {
        count(event)
        logger.warning(message, metadata: metadata)
    }
}
