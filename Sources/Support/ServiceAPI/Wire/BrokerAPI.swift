import PlatformModel

/// What may be read and written by whoever holds the grant's id (architecture.md section 6). `PUT /v1/grants/{id}`, by the orchestrator.
package struct Grant: Sendable, Hashable, Codable {
    package var orgID: String
    /// The references that the plan names.
    package var reads: [SecretReference]
    /// A path and everything under it that may be written and read: `orgs/{org}/apps/{app}/envs/{env}/resources`.
    package var writePrefix: String?
    /// A path and everything under it that may be read, and not written: what looks at resources needs of what they keep.
    package var readPrefix: String?
    /// Kept until revoked: the grant of an environment's current deployment, whose workloads restart months later.
    package var standing: Bool
    /// Seconds that a grant which is not standing lives.
    package var lifetimeSeconds: Int
    /// Whose deployment it is for: outside stores have rules for it.
    package var place: SecretPlace?
    /// Of `reads`, those that people of the application wrote: a store's `paths` hold for them.
    package var valueReads: [SecretReference]?

    package init(
        orgID: String, reads: [SecretReference], writePrefix: String?, readPrefix: String? = nil, standing: Bool,
        lifetimeSeconds: Int = 3600, place: SecretPlace? = nil, valueReads: [SecretReference]? = nil
    ) {
        self.place = place
        self.valueReads = valueReads
        self.orgID = orgID
        self.reads = reads
        self.writePrefix = writePrefix
        self.readPrefix = readPrefix
        self.standing = standing
        self.lifetimeSeconds = lifetimeSeconds
    }

    private enum CodingKeys: String, CodingKey {
        case reads, standing, place
        case valueReads = "value_reads"
        case orgID = "org_id"
        case writePrefix = "write_prefix"
        case readPrefix = "read_prefix"
        case lifetimeSeconds = "lifetime_seconds"
    }
}

/// `POST /v1/secrets/read`, by the runner.
package struct SecretReadRequest: Sendable, Hashable, Codable {
    package var grant: String
    package var references: [SecretReference]
    /// Whose grant it is; needed where a reference names an outside store.
    package var orgID: String?

    package init(grant: String, references: [SecretReference], orgID: String? = nil) {
        self.grant = grant
        self.references = references
        self.orgID = orgID
    }

    private enum CodingKeys: String, CodingKey {
        case grant, references
        case orgID = "org_id"
    }
}

/// The values, in the order of the references.
package struct SecretReadReply: Sendable, Hashable, Codable {
    package var values: [JSON]
    package init(values: [JSON]) { self.values = values }
}

/// `POST /v1/secrets/write`, by the runner (under a grant) or the orchestrator (an organisation's definitions; it can never read).
package struct SecretWriteRequest: Sendable, Hashable, Codable {
    package var grant: String?
    package var orgID: String
    package var path: String
    package var value: JSON
    /// Keep what is stored already, and answer its reference.
    package var ifAbsent: Bool
    /// Of all versions, the one that is written is kept alone.
    package var onlyNewest: Bool?

    package init(grant: String?, orgID: String, path: String, value: JSON, ifAbsent: Bool, onlyNewest: Bool? = nil) {
        self.onlyNewest = onlyNewest
        self.grant = grant
        self.orgID = orgID
        self.path = path
        self.value = value
        self.ifAbsent = ifAbsent
    }

    private enum CodingKeys: String, CodingKey {
        case grant, path, value
        case orgID = "org_id"
        case ifAbsent = "if_absent"
        case onlyNewest = "only_newest"
    }
}

/// The reference of what was written, with its version; `stored` is false when `ifAbsent` found a value.
package struct SecretWriteReply: Sendable, Hashable, Codable {
    package var reference: SecretReference
    package var stored: Bool

    package init(reference: SecretReference, stored: Bool) {
        self.reference = reference
        self.stored = stored
    }
}

/// `POST /v1/secrets/delete`, by the orchestrator or, under a grant, the runner: everything under a prefix.
package struct SecretDeleteRequest: Sendable, Hashable, Codable {
    package var grant: String?
    package var orgID: String
    package var prefix: String

    package init(grant: String?, orgID: String, prefix: String) {
        self.grant = grant
        self.orgID = orgID
        self.prefix = prefix
    }

    private enum CodingKeys: String, CodingKey {
        case grant, prefix
        case orgID = "org_id"
    }
}
