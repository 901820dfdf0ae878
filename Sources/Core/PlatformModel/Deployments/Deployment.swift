/// Where a deployment stands (humanitec.md section 4).
package enum DeploymentStatus: String, Sendable, Codable {
    case pending
    case inProgress = "in progress"
    case succeeded
    case failed

    package var isEnded: Bool { self == .succeeded || self == .failed }
}

/// How much a deployment touches: everything, or what changed or failed last time.
package enum DeploymentMode: String, Sendable, Codable {
    case full, incremental
}

/// One deployment of a set to an environment (contract: DeploymentResponse).
package struct Deployment: Sendable, Hashable, Codable {
    package var id: String
    package var envID: String
    package var setID: String
    package var deltaID: String?
    package var fromID: String
    package var comment: String
    package var createdAt: Timestamp
    package var createdBy: String
    package var status: DeploymentStatus
    package var statusChangedAt: Timestamp
    package var mode: DeploymentMode
    package var dependencyGraphID: String?
    package var valueSetVersionID: String?
    package var exportStatus: String
    package var exportFile: String
    /// Of one that waits for its turn: its place in the environment's queue, from 1. Ours.
    package var queuePosition: Int?
    /// The run that it comes after. Ours.
    package var waitsFor: String?
    /// Whoever had it tried again last, as whom it goes on since; and when. Ours.
    package var retriedBy: String?
    package var retriedAt: Timestamp?

    package init(
        id: String, envID: String, setID: String, deltaID: String?, fromID: String, comment: String, createdAt: Timestamp,
        createdBy: String, status: DeploymentStatus, statusChangedAt: Timestamp, mode: DeploymentMode,
        dependencyGraphID: String? = nil
    ) {
        self.id = id
        self.envID = envID
        self.setID = setID
        self.deltaID = deltaID
        self.fromID = fromID
        self.comment = comment
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.status = status
        self.statusChangedAt = statusChangedAt
        self.mode = mode
        self.dependencyGraphID = dependencyGraphID
        self.valueSetVersionID = nil
        self.exportStatus = ""
        self.exportFile = ""
    }

    private enum CodingKeys: String, CodingKey {
        case id, comment, status, mode
        case envID = "env_id"
        case setID = "set_id"
        case deltaID = "delta_id"
        case fromID = "from_id"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case statusChangedAt = "status_changed_at"
        case dependencyGraphID = "dependency_graph_id"
        case valueSetVersionID = "value_set_version_id"
        case exportStatus = "export_status"
        case exportFile = "export_file"
        case queuePosition = "queue_position"
        case waitsFor = "waits_for"
        case retriedBy = "retried_by"
        case retriedAt = "retried_at"
    }
}

extension Deployment {
    /// Whose rights count for what it does next.
    package var actingPrincipal: String { retriedBy ?? createdBy }
}

/// One thing that went wrong in a deployment (contract: DeploymentErrorResponse).
package struct DeploymentError: Sendable, Hashable, Codable {
    /// `environment`, `workload` or `resource`.
    package var scope: String
    /// What failed: a node (`postgres.default#modules.web.externals.db`), a workload, or the environment.
    package var objectID: String
    /// Stable; has a page under docs/errors.
    package var code: String
    package var summary: String
    package var message: String
    /// Which step failed: `read`, `match`, `plan`, `provision`, `deploy`.
    package var errorType: String

    package init(scope: String, objectID: String, code: String, summary: String, message: String, errorType: String) {
        self.scope = scope
        self.objectID = objectID
        self.code = code
        self.summary = summary
        self.message = message
        self.errorType = errorType
    }

    private enum CodingKeys: String, CodingKey {
        case scope, code, summary, message
        case objectID = "object_id"
        case errorType = "error_type"
    }
}
