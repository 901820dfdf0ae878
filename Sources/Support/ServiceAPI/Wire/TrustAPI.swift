import PlatformModel

/// Trusts an issuer: `POST /orgs/{orgId}/oidc-trusts`.
package struct OIDCTrustRequest: Sendable, Hashable, Codable {
    /// Unique in the organisation.
    package var id: String
    /// `https://token.actions.githubusercontent.com`.
    package var issuer: String
    /// Whom its tokens must be for.
    package var audience: String
    /// `RS256` when absent.
    package var algorithms: [String]?
    /// Claim -> what it must be.
    package var conditions: [String: String]
    /// By name or id: as whom its tokens are taken.
    package var serviceUser: String
    /// How long what they are exchanged for is good; an hour when absent.
    package var tokenSeconds: Int?

    package init(
        id: String, issuer: String, audience: String, algorithms: [String]? = nil, conditions: [String: String],
        serviceUser: String, tokenSeconds: Int? = nil
    ) {
        self.id = id
        self.issuer = issuer
        self.audience = audience
        self.algorithms = algorithms
        self.conditions = conditions
        self.serviceUser = serviceUser
        self.tokenSeconds = tokenSeconds
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case id, issuer, audience, algorithms, conditions
        case serviceUser = "service_user"
        case tokenSeconds = "token_seconds"
    }
}

/// A trusted issuer, as it is listed.
package struct OIDCTrustInfo: Sendable, Hashable, Codable {
    package var id: String
    package var issuer: String
    package var audience: String
    package var algorithms: [String]
    package var conditions: [String: String]
    /// `service:<id>`.
    package var userID: String
    /// The service user's.
    package var name: String
    package var tokenSeconds: Int
    package var createdAt: Timestamp
    package var createdBy: String
    /// The person whose rights bound its tokens.
    package var answerable: String?
    package var lastUsedAt: Timestamp?
    /// Why the last refused token was refused.
    package var lastRefusal: String?
    package var lastRefusedAt: Timestamp?

    package init(
        id: String, issuer: String, audience: String, algorithms: [String], conditions: [String: String], userID: String,
        name: String, tokenSeconds: Int, createdAt: Timestamp, createdBy: String
    ) {
        self.id = id
        self.issuer = issuer
        self.audience = audience
        self.algorithms = algorithms
        self.conditions = conditions
        self.userID = userID
        self.name = name
        self.tokenSeconds = tokenSeconds
        self.createdAt = createdAt
        self.createdBy = createdBy
    }

    private enum CodingKeys: String, CodingKey {
        case id, issuer, audience, algorithms, conditions, name, answerable
        case userID = "user_id"
        case tokenSeconds = "token_seconds"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case lastUsedAt = "last_used_at"
        case lastRefusal = "last_refusal"
        case lastRefusedAt = "last_refused_at"
    }
}

/// `POST /auth/token-exchange`.
package struct TokenExchangeRequest: Sendable, Codable {
    package var organization: String
    /// The id of the trust.
    package var trust: String
    /// The issuer's: a secret.
    package var token: String

    package init(organization: String, trust: String, token: String) {
        self.organization = organization
        self.trust = trust
        self.token = token
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case organization, trust, token
    }
}

/// A short token of a service user.
package struct TokenExchangeReply: Sendable, Hashable, Codable {
    package var token: String
    package var expiresAt: Timestamp
    /// `service:<id>`.
    package var userID: String

    package init(token: String, expiresAt: Timestamp, userID: String) {
        self.token = token
        self.expiresAt = expiresAt
        self.userID = userID
    }

    private enum CodingKeys: String, CodingKey {
        case token
        case expiresAt = "expires_at"
        case userID = "user_id"
    }
}
