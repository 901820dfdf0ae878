import PlatformModel

/// Somebody's role on one object (contract: UserRoleResponse).
package struct RoleHolder: Sendable, Hashable, Codable {
    /// `user:<directory id>`, `service:<id>`, `g-<hash>` of a group, `i-<id>` of an invitation.
    package var id: String
    package var name: String
    package var email: String?
    /// `user`, `service` or `group`.
    package var type: String
    /// The strongest that is held there.
    package var role: String
    /// First seen here.
    package var createdAt: Timestamp
    /// `pending` until the person is first seen.
    package var invite: String?
    /// Of a group: `directory`.
    package var idpID: String?
    /// Of a group: its normalised DN.
    package var groupID: String?
    /// The groups that give the role, where it is not the person's own. Ours.
    package var via: [String]?

    package init(id: String, name: String, email: String? = nil, type: String, role: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.email = email
        self.type = type
        self.role = role
        self.createdAt = createdAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, email, type, role, invite, via
        case createdAt = "created_at"
        case idpID = "idp_id"
        case groupID = "group_id"
    }
}

/// Gives somebody a role on an object (contract: UserRoleRequest); without the id, the contract's RoleRequest.
package struct RoleRequest: Sendable, Hashable, Codable {
    /// An id as in `RoleHolder`, or a user name, a mail address, a service user's name.
    package var id: String?
    package var role: String

    package init(id: String? = nil, role: String) {
        self.id = id
        self.role = role
    }
}

/// Makes a service user (contract: NewServiceUserRequest).
package struct ServiceUserRequest: Sendable, Hashable, Codable {
    /// Unique in the organisation: lower-case letters, digits and hyphens.
    package var name: String
    /// On the organisation.
    package var role: String
    /// Where notes about it go.
    package var email: String?

    package init(name: String, role: String, email: String? = nil) {
        self.name = name
        self.role = role
        self.email = email
    }
}

/// A person or service user (contract: UserProfileResponse).
package struct PersonInfo: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var email: String?
    package var type: String
    package var createdAt: Timestamp

    package init(id: String, name: String, email: String?, type: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.email = email
        self.type = type
        self.createdAt = createdAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, email, type
        case createdAt = "created_at"
    }
}

/// Brings a group of the directory into an organisation (contract: GroupRequest, whose schema is closed).
package struct GroupRequest: Sendable, Hashable, Codable {
    /// The DN.
    package var groupID: String
    /// `directory`: there is one.
    package var idpID: String
    /// On the organisation.
    package var role: String

    package init(groupID: String, idpID: String, role: String) {
        self.groupID = groupID
        self.idpID = idpID
        self.role = role
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case role
        case groupID = "group_id"
        case idpID = "idp_id"
    }
}

/// A group of the directory (contract: Group, and GroupWithRole where a role is given; both closed).
package struct GroupInfo: Sendable, Hashable, Codable {
    /// `g-<hash>`: the same for one DN in every organisation, and no secret.
    package var id: String
    package var groupID: String
    package var idpID: String
    package var role: String?
    package var createdAt: Timestamp

    package init(id: String, groupID: String, role: String?, createdAt: Timestamp) {
        self.id = id
        self.groupID = groupID
        self.role = role
        self.createdAt = createdAt
        idpID = Self.directory
    }

    /// What the organisation's directory is called where the contract asks for an identity provider.
    package static let directory = "directory"

    private enum CodingKeys: String, CodingKey {
        case id, role
        case groupID = "group_id"
        case idpID = "idp_id"
        case createdAt = "created_at"
    }
}

/// Invites a person (contract: UserInviteRequestRequest).
package struct InvitationRequest: Sendable, Hashable, Codable {
    /// The mail address, or the user name, that the directory has.
    package var email: String
    /// On the organisation.
    package var role: String

    package init(email: String, role: String) {
        self.email = email
        self.role = role
    }
}

/// An invitation that was not taken up yet (contract: UserInviteResponse).
package struct Invitation: Sendable, Hashable, Codable {
    /// `i-<id>`: the person's own id is not known before they sign in.
    package var userID: String
    package var email: String
    /// Ours.
    package var role: String
    package var createdBy: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp

    package init(userID: String, email: String, role: String, createdBy: String, createdAt: Timestamp, expiresAt: Timestamp) {
        self.userID = userID
        self.email = email
        self.role = role
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    private enum CodingKeys: String, CodingKey {
        case email, role
        case userID = "user_id"
        case createdBy = "created_by"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }
}

/// What somebody may do where (contract: SubjectPermissions, closed).
package struct SubjectPermissions: Sendable, Hashable, Codable {
    package struct Permissions: Sendable, Hashable, Codable {
        package var permissions: [String]

        package init(permissions: [String]) { self.permissions = permissions }
    }

    /// `/orgs/acme/apps/shop` -> what.
    package var objects: [String: Permissions]

    package init(objects: [String: Permissions]) { self.objects = objects }
}
