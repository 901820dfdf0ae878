/// The root tenant (contract: OrganizationResponse).
package struct Organization: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var createdAt: Timestamp
    package var createdBy: String
    package var trialExpiresAt: Timestamp?
    package var logo: [String: String]

    package init(id: String, name: String, createdAt: Timestamp, createdBy: String) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.trialExpiresAt = nil
        self.logo = ["dark_url": "", "light_url": ""]
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(createdBy, forKey: .createdBy)
        // The contract requires the key, and allows null.
        try container.encode(trialExpiresAt, forKey: .trialExpiresAt)
        try container.encode(logo, forKey: .logo)
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, logo
        case createdAt = "created_at"
        case createdBy = "created_by"
        case trialExpiresAt = "trial_expires_at"
    }
}

/// Whether a thing is in use or on its way out.
package enum LifecycleStatus: String, Sendable, Codable {
    case active, deleting
}

/// An application and the environments it has (contract: ApplicationResponse).
package struct Application: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var orgID: String
    package var createdAt: Timestamp
    package var createdBy: String
    package var envs: [EnvironmentSummary]
    package var status: LifecycleStatus
    package var statusChangedAt: Timestamp
    package var statusMessage: String?

    package init(
        id: String, name: String, orgID: String, createdAt: Timestamp, createdBy: String, envs: [EnvironmentSummary],
        status: LifecycleStatus, statusChangedAt: Timestamp, statusMessage: String? = nil
    ) {
        self.id = id
        self.name = name
        self.orgID = orgID
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.envs = envs
        self.status = status
        self.statusChangedAt = statusChangedAt
        self.statusMessage = statusMessage
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, envs, status
        case orgID = "org_id"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case statusChangedAt = "status_changed_at"
        case statusMessage = "status_message"
    }
}

/// An environment in a list of its application (contract: EnvironmentBaseResponse).
package struct EnvironmentSummary: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var type: String

    package init(id: String, name: String, type: String) {
        self.id = id
        self.name = name
        self.type = type
    }
}

/// An environment (contract: EnvironmentResponse).
package struct Environment: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var type: String
    package var createdAt: Timestamp
    package var createdBy: String
    /// The deployment that the next one builds on.
    package var fromDeploy: Deployment?
    package var lastDeploy: Deployment?
    package var status: LifecycleStatus
    package var statusChangedAt: Timestamp
    package var statusMessage: String?

    package init(
        id: String, name: String, type: String, createdAt: Timestamp, createdBy: String, fromDeploy: Deployment?,
        lastDeploy: Deployment?, status: LifecycleStatus, statusChangedAt: Timestamp, statusMessage: String? = nil
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.fromDeploy = fromDeploy
        self.lastDeploy = lastDeploy
        self.status = status
        self.statusChangedAt = statusChangedAt
        self.statusMessage = statusMessage
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, type, status
        case createdAt = "created_at"
        case createdBy = "created_by"
        case fromDeploy = "from_deploy"
        case lastDeploy = "last_deploy"
        case statusChangedAt = "status_changed_at"
        case statusMessage = "status_message"
    }
}

extension Environment {
    /// How the status message begins of an environment whose deletion ended before everything was gone.
    package static let deletionStopped = "not everything could be removed"

    /// How it begins where somebody cancelled the deletion: the environment stays.
    package static let deletionCancelled = "the deletion was cancelled"

    /// Whether a status message says that a deletion ended before everything was gone.
    package static func deletionStopped(_ message: String) -> Bool {
        message.hasPrefix(deletionStopped) || message.hasPrefix(deletionCancelled)
    }
}

/// A kind of environment, such as `development` or `production` (contract: EnvironmentTypeResponse).
package struct EnvironmentType: Sendable, Hashable, Codable {
    package var id: String
    package var description: String

    package init(id: String, description: String) {
        self.id = id
        self.description = description
    }
}
