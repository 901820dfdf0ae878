import PlatformModel

/// `POST /v1/admin/orgs` on the orchestrator, by `martlet-admin`.
package struct OrganizationRequest: Sendable, Hashable, Codable {
    package var id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// An organisation as the appliance sees it: `GET /v1/admin/orgs` and `/appliance/orgs`. Ours.
package struct OrganizationPicture: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var createdAt: Timestamp
    package var createdBy: String
    package var state: OrganizationState.Kind
    /// Since when, by whom and why it is not at work; absent while it is.
    package var stateSince: Timestamp?
    package var stateBy: String?
    package var stateReason: String?

    package init(id: String, name: String, createdAt: Timestamp, createdBy: String, state: OrganizationState) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.state = state.kind
        guard state.kind != .active else { return }
        stateSince = state.since
        stateBy = state.by
        stateReason = state.reason
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, state
        case createdAt = "created_at"
        case createdBy = "created_by"
        case stateSince = "state_since"
        case stateBy = "state_by"
        case stateReason = "state_reason"
    }
}

/// How much there is of an organisation: `GET /v1/admin/orgs/{org}/contents`.
package struct OrganizationContents: Sendable, Hashable, Codable {
    package var applications: Int
    package var environments: Int
    package var workloads: Int
    package var resources: Int
    package var definitions: Int
    package var values: Int
    /// Of one that is being deleted: what still stands, and why.
    package var obstacles: [String]

    package init(
        applications: Int, environments: Int, workloads: Int, resources: Int, definitions: Int, values: Int, obstacles: [String]
    ) {
        self.applications = applications
        self.environments = environments
        self.workloads = workloads
        self.resources = resources
        self.definitions = definitions
        self.values = values
        self.obstacles = obstacles
    }
}

/// `POST /v1/admin/orgs/{org}/suspend`.
package struct SuspensionRequest: Sendable, Hashable, Codable {
    /// Told to the organisation's people.
    package var reason: String

    package init(reason: String) { self.reason = reason }
}

/// `POST .../envs/{envId}/score-deploys`: Score files, each with what belongs to it; answers 202 with the deployment.
package struct ScoreDeployRequest: Sendable, Hashable, Codable {
    package var files: [ScoreDeployFile]
    package var comment: String?
    package var mode: DeploymentMode?

    package init(files: [ScoreDeployFile], comment: String? = nil, mode: DeploymentMode? = nil) {
        self.files = files
        self.comment = comment
        self.mode = mode
    }
}

package struct ScoreDeployFile: Sendable, Hashable, Codable {
    /// For error messages: `score.yaml`.
    package var name: String
    /// The Score file's text (YAML).
    package var score: String
    /// An overrides file's text.
    package var overrides: String?
    /// The text of a `humanitec.score.yaml`.
    package var extensions: String?
    /// `path=value`.
    package var properties: [String]?
    /// For containers whose image is `.`.
    package var image: String?
    /// Files that `source` names: path -> base64 of the content.
    package var sources: [String: String]?

    package init(
        name: String, score: String, overrides: String? = nil, extensions: String? = nil, properties: [String]? = nil,
        image: String? = nil, sources: [String: String]? = nil
    ) {
        self.name = name
        self.score = score
        self.overrides = overrides
        self.extensions = extensions
        self.properties = properties
        self.image = image
        self.sources = sources
    }
}

/// `POST .../envs/{envId}/plans`: what would be deployed. One of `files`, `delta_id`, `set_id` and `plan_id`, which brings an older plan
/// up to date; none of them: what the environment has, once more.
package struct PlanRequest: Sendable, Hashable, Codable {
    package var files: [ScoreDeployFile]?
    package var deltaID: String?
    package var setID: String?
    package var planID: String?
    package var mode: DeploymentMode?
    /// Unused resources to destroy, as `type.class#id`.
    package var removing: [String]?
    package var comment: String?
    /// The version of the shared values; nil: the newest, or the old plan's.
    package var valueSetVersionID: String?

    package init(
        files: [ScoreDeployFile]? = nil, deltaID: String? = nil, setID: String? = nil, planID: String? = nil,
        mode: DeploymentMode? = nil, removing: [String]? = nil, comment: String? = nil, valueSetVersionID: String? = nil
    ) {
        self.files = files
        self.deltaID = deltaID
        self.setID = setID
        self.planID = planID
        self.mode = mode
        self.removing = removing
        self.comment = comment
        self.valueSetVersionID = valueSetVersionID
    }

    private enum CodingKeys: String, CodingKey {
        case files, mode, removing, comment
        case deltaID = "delta_id"
        case setID = "set_id"
        case planID = "plan_id"
        case valueSetVersionID = "value_set_version_id"
    }
}

/// What streams while a deployment runs: `GET .../deploys/{deployId}/events`. The event's name is `deployment`, `node` or `end`.
package struct DeploymentEvent: Sendable, Hashable, Codable {
    package var at: Timestamp
    package var deploymentID: String
    /// `type.class#id` of a resource, `workload web`, or nil for the deployment itself.
    package var object: String?
    /// `pending`, `running`, `succeeded`, `failed`, `unknown`, `skipped`, `kept`; for the deployment its status.
    package var status: String
    package var message: String?

    package init(at: Timestamp, deploymentID: String, object: String?, status: String, message: String?) {
        self.at = at
        self.deploymentID = deploymentID
        self.object = object
        self.status = status
        self.message = message
    }

    private enum CodingKeys: String, CodingKey {
        case at, object, status, message
        case deploymentID = "deployment_id"
    }
}
