import AccessControl
import Cryptography
import FaultPoints
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// The tokens of one service user, and the sessions of one person.
struct PersonTokenDesk: Sendable {
    let pool: PostgresPool
    let logger: Logger

    // MARK: Service users

    func list(ofServiceUser id: String, in org: String) async throws -> [ServiceTokenInfo] {
        try await pool.withOrg(org) { try await TokenStore.statics(userID: id, $0) }
    }

    func get(_ token: String, ofServiceUser id: String, in org: String) async throws -> ServiceTokenInfo {
        guard let found = try await pool.withOrg(org, { try await TokenStore.statics(id: token, userID: id, $0) }).first else {
            throw Self.notFound(token)
        }
        return found
    }

    /// The token in the reply is shown this once.
    func create(
        _ request: TokenDefinition, ofServiceUser user: String, in org: String, by creator: TokenStore.Presented
    ) async throws -> TokenReply {
        try Self.check(request, in: org)
        let token = try AccessToken.make(), id = Hexadecimal.encode(try RandomBytes.make(10))
        try await pool.withOrg(org) { transaction in
            guard try await PeopleStore.knows(.service(user), transaction) else { throw RoleFinder.notFound("service:" + user) }
            guard try await TokenStore.makeRoom(in: org, transaction) else { throw ServiceTokenDesk.tooMany }
            let new = TokenStore.New(
                id: id, userID: user, label: request.id, description: request.description ?? "", createdBy: creator.subject,
                answerable: try await TokenStore.answerable(for: creator, transaction), expiresAt: request.expiresAt,
                seconds: Double(ServiceTokenDesk.longestDays) * 86_400, scopes: request.scopes)
            guard try await TokenStore.insertStatic(new, token, in: org, transaction) != nil else {
                throw HTTPFailure.conflict("this service user has a token '\(request.id)' already")
            }
            // What ended long ago is not listed at all.
            let made = try await TokenStore.statics(id: id, userID: user, transaction).first
            let lifetime = made.map { $0.expiresAt.milliseconds - $0.createdAt.milliseconds } ?? 0
            guard lifetime > 0, lifetime <= Int64(ServiceTokenDesk.longestDays) * 86_400_000 + 60_000 else {
                throw HTTPFailure.invalid([
                    Problem(
                        code: "API-102", path: "expires_at",
                        message: "a time from now to \(ServiceTokenDesk.longestDays) days ahead, as 2027-01-31T12:00:00Z")
                ])
            }
        }
        try await GatewayFault.afterTokenInsert.reach()
        logger.notice(
            "a token was made",
            metadata: ["org": "\(org)", "by": "\(creator.subject)", "subject": "service:\(user)", "token": "\(id)"])
        return TokenReply(token: token.text)
    }

    func delete(_ token: String, ofServiceUser id: String, in org: String, by caller: Principal) async throws {
        guard try await pool.withOrg(org, { try await TokenStore.deleteStatic(id: token, userID: id, orgID: org, $0) }) else {
            throw Self.notFound(token)
        }
        logger.notice(
            "a token was ended",
            metadata: ["org": "\(org)", "by": "\(caller.id)", "subject": "service:\(id)", "token": "\(token)"])
    }

    private static func check(_ request: TokenDefinition, in org: String) throws(HTTPFailure) {
        var problems: [Problem] = []
        func add(_ path: String, _ message: String) { problems.append(Problem(code: "API-102", path: path, message: message)) }
        if !IdentifierRule.application.accepts(request.id) {
            add("id", "'\(request.id.withoutControls.prefix(100))' is no id: \(IdentifierRule.application.words)")
        }
        if request.type != "static" { add("type", "a token is 'static'; people have sessions, by signing in") }
        if let description = request.description, description.utf8.count > 1024 || description.contains("\0") {
            add("description", "at most 1024 bytes, without NUL")
        }
        if let scopes = request.scopes {
            do throws(TokenScopeProblems) { _ = try TokenScopes(scopes, in: org) } catch { problems += error.problems }
        }
        if !problems.isEmpty { throw HTTPFailure.invalid(problems) }
    }

    // MARK: People

    /// - Parameter present: The session that asks, where it is the person's own.
    func sessions(of person: Subject, present: String?) async throws -> [SessionInfo] {
        try await TokenStore.sessions(of: person.reference, pool).map { session in
            var session = session
            if session.id == present { session.description = "this session" }
            return session
        }
    }

    func session(_ id: String, of person: Subject, present: String?) async throws -> SessionInfo {
        guard let found = try await sessions(of: person, present: present).first(where: { $0.id == id }) else {
            throw Self.notFound(id)
        }
        return found
    }

    func endSession(_ id: String, of person: Subject) async throws {
        guard try await TokenStore.deleteSession(id: id, of: person.reference, pool) else { throw Self.notFound(id) }
    }

    /// A person of this organisation.
    func person(named name: String, in org: String) async throws -> Subject {
        let found = try await pool.withOrg(org) { try await RoleFinder.find(name, $0) }
        guard case .one(let subject) = found, subject.isPerson else { throw RoleFinder.notFound(name) }
        return subject
    }

    /// Those that count in the organisation, as far as they are its business: not when they were used, which may have been elsewhere.
    func sessions(of person: Subject, in org: String, present: String?) async throws -> [SessionInfo] {
        guard case .user(let id) = person else { return [] }
        let since = try await TokenStore.sessionsSince(ofUser: id, in: org, pool)
        return try await sessions(of: person, present: present).filter { session in
            since.map { session.createdAt >= $0 } ?? true
        }
        .map { session in
            var session = session
            session.lastUsedAt = nil
            return session
        }
    }

    /// All of them, in this organisation. A session is of no organisation, and goes on wherever else the person is.
    func endSessions(of person: Subject, in org: String, by caller: Principal) async throws {
        guard case .user(let id) = person else { return }
        try await TokenStore.endSessions(ofUser: id, in: org, pool)
        logger.notice(
            "somebody's sessions were ended",
            metadata: ["org": "\(org)", "by": "\(caller.id)", "subject": "\(person.reference)"])
    }

    private static func notFound(_ id: String) -> HTTPFailure {
        .notFound("There is no token or session '\(id.withoutControls.prefix(100))' here.")
    }
}
