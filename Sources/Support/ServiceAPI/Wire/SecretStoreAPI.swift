import PlatformModel

/// An organisation's own secret store: a Vault or OpenBao server. `PUT /v1/stores/{id}` by the orchestrator, which keeps nothing of it.
package struct SecretStoreWrite: Sendable, Hashable, Codable {
    package var orgID: String
    /// Who writes it.
    package var by: String
    /// It may not be there yet; otherwise it has to be.
    package var isNew: Bool
    /// Contract: VaultRequest, with what is ours; what a change leaves out stays.
    package var vault: JSON

    package init(orgID: String, by: String, isNew: Bool, vault: JSON) {
        self.orgID = orgID
        self.by = by
        self.isNew = isNew
        self.vault = vault
    }

    private enum CodingKeys: String, CodingKey {
        case by, vault
        case orgID = "org_id"
        case isNew = "is_new"
    }
}

/// A store as it may be shown: without its credentials. `GET /v1/stores?org=`.
package struct SecretStoreRecord: Sendable, Hashable, Codable {
    package var id: String
    package var vault: JSON
    package var createdAt: Timestamp
    package var createdBy: String
    package var updatedAt: Timestamp
    package var updatedBy: String

    package init(
        id: String, vault: JSON, createdAt: Timestamp, createdBy: String, updatedAt: Timestamp, updatedBy: String
    ) {
        self.id = id
        self.vault = vault
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }

    private enum CodingKeys: String, CodingKey {
        case id, vault
        case createdAt = "created_at"
        case createdBy = "created_by"
        case updatedAt = "updated_at"
        case updatedBy = "updated_by"
    }
}

/// What was tried of a store, in order; the first that fails is the last. `POST /v1/stores/{id}/check?org=`.
package struct SecretStoreCheck: Sendable, Hashable, Codable {
    package struct Step: Sendable, Hashable, Codable {
        /// `address`, `connection`, `state`, `sign-in`, `mount`.
        package var step: String
        package var ok: Bool
        /// What was found, or what is wrong and what to do.
        package var message: String

        package init(step: String, ok: Bool, message: String) {
            self.step = step
            self.ok = ok
            self.message = message
        }
    }

    package var steps: [Step]
    package init(steps: [Step]) { self.steps = steps }
}

/// Where secrets are used: an application, and an environment of it.
package struct SecretPlace: Sendable, Hashable, Codable {
    package var appID: String
    /// Nil: any of the application's.
    package var envID: String?
    package var envType: String?

    package init(appID: String, envID: String? = nil, envType: String? = nil) {
        self.appID = appID
        self.envID = envID
        self.envType = envType
    }

    private enum CodingKeys: String, CodingKey {
        case appID = "app_id"
        case envID = "env_id"
        case envType = "env_type"
    }
}

/// Whether references to outside stores may be written. `POST /v1/store-references/check`, by the orchestrator.
package struct SecretReferenceCheck: Sendable, Hashable, Codable {
    package var orgID: String
    /// Who writes them: the people of an application; nil: those who write the organisation's definitions.
    package var place: SecretPlace?
    package var references: [SecretReference]

    package init(orgID: String, place: SecretPlace?, references: [SecretReference]) {
        self.orgID = orgID
        self.place = place
        self.references = references
    }

    private enum CodingKeys: String, CodingKey {
        case place, references
        case orgID = "org_id"
    }

    /// For each reference why it is refused; nil where it is not.
    package struct Reply: Sendable, Hashable, Codable {
        package var refusals: [String?]
        package init(refusals: [String?]) { self.refusals = refusals }
    }
}
