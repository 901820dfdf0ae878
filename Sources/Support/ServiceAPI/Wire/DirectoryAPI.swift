import PlatformModel

/// `POST /v1/admin/directory/sync` on the gateway, by `martlet-admin ldap sync`.
package struct DirectorySyncRequest: Sendable, Hashable, Codable {
    /// Only looks.
    package var dryRun: Bool
    /// What a look has told as `confirmation`: what waits is done.
    package var confirm: String?

    package init(dryRun: Bool, confirm: String? = nil) {
        self.dryRun = dryRun
        self.confirm = confirm
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case confirm
        case dryRun = "dry_run"
    }
}

/// What a synchronisation found and did.
package struct DirectorySyncReport: Sendable, Hashable, Codable {
    /// What somebody gets or loses.
    package struct Change: Sendable, Hashable, Codable {
        package enum Kind: String, Sendable, Hashable, Codable {
            /// Came into groups that have a role.
            case joined
            /// Left such groups.
            case left
            /// Is no longer in the directory.
            case gone
            /// May not use their account.
            case disabled
        }

        package var user: SubjectReference
        package var username: String
        package var organizations: [String]
        package var kind: Kind
        package var groups: [String]
        /// Of a disabled account: what says so.
        package var reason: String?
        /// Why it waits for a confirmation; absent when it does not.
        package var waitsBecause: String?

        package init(
            user: SubjectReference, username: String, organizations: [String], kind: Kind, groups: [String] = [],
            reason: String? = nil, waitsBecause: String? = nil
        ) {
            self.user = user
            self.username = username
            self.organizations = organizations
            self.kind = kind
            self.groups = groups
            self.reason = reason
            self.waitsBecause = waitsBecause
        }

        package enum CodingKeys: String, CodingKey {
            case user, username, organizations, kind, groups, reason
            case waitsBecause = "waits_because"
        }
    }

    package var dryRun: Bool
    /// Everyone whom Martlet knows.
    package var people: Int
    /// About so many of them there was no clear answer; they keep what they have.
    package var unknown: Int
    package var unknownReason: String?
    package var changes: [Change]
    /// Confirms what waits; absent when nothing does.
    package var confirmation: String?

    package init(
        dryRun: Bool, people: Int, unknown: Int, unknownReason: String?, changes: [Change], confirmation: String?
    ) {
        self.dryRun = dryRun
        self.people = people
        self.unknown = unknown
        self.unknownReason = unknownReason
        self.changes = changes
        self.confirmation = confirmation
    }

    package enum CodingKeys: String, CodingKey {
        case people, unknown, changes, confirmation
        case dryRun = "dry_run"
        case unknownReason = "unknown_reason"
    }
}

/// `POST /v1/admin/directory/roles` on the gateway: which roles a person of the directory would have.
package struct DirectoryRolesRequest: Sendable, Hashable, Codable {
    /// Without `user:`.
    package var id: String
    /// Normalised DNs.
    package var groups: [String]

    package init(id: String, groups: [String]) {
        self.id = id
        self.groups = groups
    }
}

/// The roles of a person of the directory.
package struct DirectoryRolesReply: Sendable, Hashable, Codable {
    package struct Role: Sendable, Hashable, Codable {
        package var organization: String
        package var level: RoleLevel
        /// The application's or environment type's id; absent on the organisation.
        package var object: String?
        package var role: String
        /// The group that gives it; absent when it was given to the person.
        package var group: String?

        package init(organization: String, level: RoleLevel, object: String?, role: String, group: String?) {
            self.organization = organization
            self.level = level
            self.object = object
            self.role = role
            self.group = group
        }
    }

    package var roles: [Role]

    package init(roles: [Role]) { self.roles = roles }
}

/// `GET /v1/admin/directory` on the gateway: how the last synchronisation ended.
package struct DirectoryStatus: Sendable, Hashable, Codable {
    package var endedAt: Timestamp?
    package var people: Int
    package var unknown: Int
    /// People whose loss waits for a confirmation.
    package var held: Int
    package var heldSince: Timestamp?
    package var confirmation: String?

    package init(endedAt: Timestamp?, people: Int, unknown: Int, held: Int, heldSince: Timestamp?, confirmation: String?) {
        self.endedAt = endedAt
        self.people = people
        self.unknown = unknown
        self.held = held
        self.heldSince = heldSince
        self.confirmation = confirmation
    }

    package enum CodingKeys: String, CodingKey {
        case people, unknown, held, confirmation
        case endedAt = "ended_at"
        case heldSince = "held_since"
    }
}
