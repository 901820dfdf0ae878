import PlatformModel

/// Whose roles are meant: `user:<directory id>`, `service:<id>`, or `group:<DN>` of a group in the directory.
package typealias SubjectReference = String

/// What a role is held on.
package enum RoleLevel: String, Sendable, Hashable, Codable, CaseIterable {
    case organization = "org"
    case application = "app"
    case environmentType = "env-type"
}

/// `POST /v1/admin/orgs/{org}/roles` on the gateway, by `martlet-admin`. Given again with another role, it replaces the role.
package struct RoleAssignmentRequest: Sendable, Hashable, Codable {
    package var subject: SubjectReference
    package var level: RoleLevel
    /// The application's or environment type's id; absent on the organisation.
    package var object: String?
    /// `administrator`, `developer`, `deployer`, ...
    package var role: String

    package init(subject: SubjectReference, level: RoleLevel, object: String? = nil, role: String) {
        self.subject = subject
        self.level = level
        self.object = object
        self.role = role
    }
}

/// `POST /v1/admin/orgs/{org}/tokens` (by `martlet-admin`) and `POST /orgs/{orgId}/tokens` (public): a service user, if there is none of
/// that name yet, with exactly these roles, and a new token of it.
package struct ServiceTokenRequest: Sendable, Hashable, Codable {
    /// The service user's name, unique in the organisation: lower-case letters, digits and hyphens.
    package var name: String
    package var description: String?
    package var orgRole: OrgRole?
    package var appRoles: [String: AppRole]?
    package var envTypeRoles: [String: EnvTypeRole]?
    /// From 1 to 365; 90 when absent.
    package var expiresInDays: Int?

    package init(
        name: String, description: String? = nil, orgRole: OrgRole? = nil, appRoles: [String: AppRole]? = nil,
        envTypeRoles: [String: EnvTypeRole]? = nil, expiresInDays: Int? = nil
    ) {
        self.name = name
        self.description = description
        self.orgRole = orgRole
        self.appRoles = appRoles
        self.envTypeRoles = envTypeRoles
        self.expiresInDays = expiresInDays
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, description
        case orgRole = "org_role"
        case appRoles = "app_roles"
        case envTypeRoles = "env_type_roles"
        case expiresInDays = "expires_in_days"
    }
}

/// A token as it is shown once, when it is made.
package struct ServiceTokenReply: Sendable, Hashable, Codable {
    package var info: ServiceTokenInfo
    /// `mrt_...`: a secret; stored nowhere but as its SHA-256.
    package var token: String

    package init(info: ServiceTokenInfo, token: String) {
        self.info = info
        self.token = token
    }

    package init(from decoder: any Decoder) throws {
        info = try ServiceTokenInfo(from: decoder)
        token = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .token)
    }

    package func encode(to encoder: any Encoder) throws {
        try info.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(token, forKey: .token)
    }

    private enum CodingKeys: String, CodingKey { case token }
}

/// A token as it is listed: `GET /orgs/{orgId}/tokens` (contract: TokenInfoResponse, with the service user's name).
package struct ServiceTokenInfo: Sendable, Hashable, Codable {
    package var id: String
    /// `service:<id>`.
    package var userID: String
    package var name: String
    package var description: String
    package var createdAt: Timestamp
    package var createdBy: String
    package var expiresAt: Timestamp
    /// Always `static`: what the contract calls a token that is no session.
    package var type: String
    /// The person whose rights bound it; absent for one that was made on the host. Ours.
    package var answerable: String?
    /// To the minute. Ours.
    package var lastUsedAt: Timestamp?
    /// What it is good for at most; absent: all that its service user holds. Ours.
    package var scopes: [String: String]?

    package init(
        id: String, userID: String, name: String, description: String, createdAt: Timestamp, createdBy: String,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.userID = userID
        self.name = name
        self.description = description
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        type = "static"
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, description, type, answerable, scopes
        case userID = "user_id"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
    }
}

/// A person's session, as it is listed (contract: TokenInfoResponse).
package struct SessionInfo: Sendable, Hashable, Codable {
    package var id: String
    /// `session`.
    package var type: String
    /// `this session` for the one that asks.
    package var description: String
    package var createdBy: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp
    /// To the minute. Ours.
    package var lastUsedAt: Timestamp?

    package init(id: String, createdBy: String, createdAt: Timestamp, expiresAt: Timestamp, lastUsedAt: Timestamp?) {
        self.id = id
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        type = "session"
        description = ""
    }

    private enum CodingKeys: String, CodingKey {
        case id, type, description
        case createdBy = "created_by"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
    }
}

/// Makes a token of a service user (contract: TokenDefinitionRequest).
package struct TokenDefinition: Sendable, Hashable, Codable {
    /// Unique among the service user's.
    package var id: String
    /// `static`.
    package var type: String
    package var description: String?
    /// At most a year ahead, which it also is when absent.
    package var expiresAt: Timestamp?
    /// Object (`/orgs/acme/apps/shop`) -> role: what it is good for at most. Ours.
    package var scopes: [String: String]?

    package init(id: String, description: String? = nil, expiresAt: Timestamp? = nil, scopes: [String: String]? = nil) {
        self.scopes = scopes
        self.id = id
        self.description = description
        self.expiresAt = expiresAt
        type = "static"
    }

    private enum CodingKeys: String, CodingKey {
        case id, type, description, scopes
        case expiresAt = "expires_at"
    }
}

/// A token as it is shown once (contract: TokenResponse).
package struct TokenReply: Sendable, Hashable, Codable {
    package var token: String
    package var type: String

    package init(token: String) {
        self.token = token
        type = "static"
    }
}

/// `POST /auth/login`.
package struct SignInRequest: Sendable, Codable {
    package var username: String
    package var password: String

    package init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}

/// What a person gets for name and password: a session token.
package struct SignInReply: Sendable, Hashable, Codable {
    package var token: String
    package var expiresAt: Timestamp
    package var user: UserProfile

    package init(token: String, expiresAt: Timestamp, user: UserProfile) {
        self.token = token
        self.expiresAt = expiresAt
        self.user = user
    }

    private enum CodingKeys: String, CodingKey {
        case token, user
        case expiresAt = "expires_at"
    }
}

/// `GET /current-user` (contract: UserProfileExtendedResponse, with the organisations in which a role is held).
package struct UserProfile: Sendable, Hashable, Codable {
    /// `user:<directory id>` or `service:<id>`.
    package var id: String
    package var name: String
    package var email: String?
    /// `user` or `service`.
    package var type: String
    /// First seen here.
    package var createdAt: Timestamp
    package var properties: [String: JSON]
    /// What it is held on (`/orgs/acme`, `/orgs/acme/apps/shop`, `/orgs/acme/env-types/production`) -> role.
    package var roles: [String: String]
    /// Ids of the organisations in which a role is held, sorted.
    package var organizations: [String]

    package init(
        id: String, name: String, email: String?, type: String, createdAt: Timestamp, roles: [String: String],
        organizations: [String]
    ) {
        self.id = id
        self.name = name
        self.email = email
        self.roles = roles
        self.type = type
        self.createdAt = createdAt
        properties = [:]
        self.organizations = organizations
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, email, type, properties, roles, organizations
        case createdAt = "created_at"
    }
}
