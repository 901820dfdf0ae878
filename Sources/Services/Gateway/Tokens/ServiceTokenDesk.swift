import AuditRules
import Cryptography
import FaultPoints
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Makes, lists and ends the static tokens of service users.
struct ServiceTokenDesk: Sendable {
    static let defaultDays = 90
    static let longestDays = 365

    let pool: PostgresPool

    /// The token in the reply is shown this once.
    /// - Parameter creator: nil for root on the host, who may also leave an organisation without an administrator.
    func create(
        _ request: ServiceTokenRequest, in org: String, by creator: TokenStore.Presented?
    ) async throws -> ServiceTokenReply {
        try check(request)
        let author = creator?.subject ?? "admin"
        let token = try AccessToken.make(), id = Hexadecimal.encode(try RandomBytes.make(10))
        let newUser = Hexadecimal.encode(try RandomBytes.make(10))
        let info = try await RoleChanges.oneAtATime(in: org, keepsAdministrators: creator != nil, pool) { transaction in
            let user = try await UserStore.serviceUser(
                named: request.name, newID: newUser, description: request.description ?? "", in: org, createdBy: author,
                transaction)
            let subject = Subject.service(user).reference, grants = grants(of: request)
            AuditTrail.note { entry in
                entry.object = subject
                entry.details["made_token"] = .string(id)
                entry.details["roles"] = .array(
                    grants.prefix(50).map { .string("\($0.role) on \($0.level.rawValue) \($0.object)") })
            }
            try await RoleStore.removeAssignments(of: subject, transaction)
            try await RoleStore.assign(grants, to: subject, in: org, transaction)
            try await RoleStore.addMembership(of: subject, in: org, transaction)
            guard try await PeopleStore.countServiceUsers(transaction) <= PeopleStore.mostServiceUsers else {
                throw HTTPFailure.conflict("the organization has too many service users; delete those that nobody uses any more")
            }
            guard try await TokenStore.makeRoom(in: org, transaction) else { throw Self.tooMany }
            let answerable = try await Self.answerable(for: creator, transaction)
            _ = try await TokenStore.insertStatic(
                .init(
                    id: id, userID: user, description: request.description ?? "", createdBy: author, answerable: answerable,
                    seconds: Double(request.expiresInDays ?? Self.defaultDays) * 86_400),
                token, in: org, transaction)
            return try await TokenStore.statics(id: id, transaction).first
        }
        try await GatewayFault.afterTokenInsert.reach()
        guard let info else { throw PostgresError(.decoding, "the new token is not there") }
        return ServiceTokenReply(info: info, token: token.text)
    }

    static let tooMany = HTTPFailure.conflict(
        "the organization has \(TokenStore.mostStatics) tokens, which is the most there can be; end those that nobody uses any more"
    )

    private static func answerable(
        for creator: TokenStore.Presented?, _ transaction: PostgresTransaction
    ) async throws -> String? {
        guard let creator else { return nil }
        return try await TokenStore.answerable(for: creator, transaction)
    }

    func list(in org: String) async throws -> [ServiceTokenInfo] {
        try await pool.withOrg(org) { try await TokenStore.statics($0) }
    }

    func delete(_ id: String, in org: String) async throws {
        guard try await pool.withOrg(org, { try await TokenStore.deleteStatic(id: id, orgID: org, $0) }) else {
            throw HTTPFailure.notFound("There is no token '\(id)' here.")
        }
    }

    private func grants(of request: ServiceTokenRequest) -> [RoleStore.Grant] {
        var grants: [RoleStore.Grant] = []
        if let role = request.orgRole { grants.append(.init(level: .organization, object: "", role: role.rawValue)) }
        for (app, role) in request.appRoles ?? [:] { grants.append(.init(level: .application, object: app, role: role.rawValue)) }
        for (type, role) in request.envTypeRoles ?? [:] {
            grants.append(.init(level: .environmentType, object: type, role: role.rawValue))
        }
        return grants
    }

    private func check(_ request: ServiceTokenRequest) throws(HTTPFailure) {
        var problems: [Problem] = []
        func add(_ path: String, _ message: String) { problems.append(Problem(code: "API-102", path: path, message: message)) }
        if !ServiceUserName.accepts(request.name) { add("name", ServiceUserName.refusal(of: request.name)) }
        if let description = request.description, description.utf8.count > 1024 || description.contains("\0") {
            add("description", "at most 1024 bytes, without NUL")
        }
        if request.orgRole == nil, (request.appRoles ?? [:]).isEmpty, (request.envTypeRoles ?? [:]).isEmpty {
            add("org_role", "a token needs at least one role: org_role, app_roles or env_type_roles")
        }
        for (key, ids) in [
            ("app_roles", request.appRoles.map { Array($0.keys) }),
            ("env_type_roles", request.envTypeRoles.map { Array($0.keys) }),
        ] {
            for id in (ids ?? []).sorted() where !IdentifierRule.application.accepts(id) {
                add("\(key).\(id)", "'\(id)' is no id: \(IdentifierRule.application.words)")
            }
        }
        if let days = request.expiresInDays, !(1...Self.longestDays).contains(days) {
            add("expires_in_days", "1 to \(Self.longestDays) days")
        }
        if !problems.isEmpty { throw HTTPFailure.invalid(problems) }
    }
}
