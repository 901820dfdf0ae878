import PlatformModel

/// `POST /v1/admin/break-glass` on the gateway, by `martlet-admin break-glass create`.
package struct BreakGlassRequest: Sendable, Hashable, Codable {
    /// How long the password may wait for its one use: 1 to 168.
    package var hours: Int

    package init(hours: Int) { self.hours = hours }
}

/// The password, which is shown this once.
package struct BreakGlassReply: Sendable, Hashable, Codable {
    package var username: String
    package var password: String
    package var expiresAt: Timestamp

    package init(username: String, password: String, expiresAt: Timestamp) {
        self.username = username
        self.password = password
        self.expiresAt = expiresAt
    }

    private enum CodingKeys: String, CodingKey {
        case username, password
        case expiresAt = "expires_at"
    }
}

/// `POST /v1/admin/break-glass/sign-in` on the gateway's own socket, where nobody can be locked out.
package struct BreakGlassSignIn: Sendable, Codable {
    package var password: String

    package init(password: String) { self.password = password }
}

/// `GET /v1/admin/break-glass`.
package struct BreakGlassStatus: Sendable, Hashable, Codable {
    /// Of the newest password; absent where there never was one, or it was taken back.
    package var createdAt: Timestamp?
    package var expiresAt: Timestamp?
    package var usedAt: Timestamp?
    /// Somebody is signed in until then.
    package var sessionUntil: Timestamp?

    package init(createdAt: Timestamp?, expiresAt: Timestamp?, usedAt: Timestamp?, sessionUntil: Timestamp?) {
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
        self.sessionUntil = sessionUntil
    }

    private enum CodingKeys: String, CodingKey {
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case usedAt = "used_at"
        case sessionUntil = "session_until"
    }
}

/// `POST /appliance/orgs/{orgId}/administrators`: makes somebody administrator of an organisation. Ours.
package struct AdministratorRequest: Sendable, Hashable, Codable {
    /// `user:<directory id>` or `group:<DN>`.
    package var id: String

    package init(id: String) { self.id = id }
}
