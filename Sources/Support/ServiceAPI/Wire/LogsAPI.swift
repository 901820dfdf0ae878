import PlatformModel

/// One line of a container or a driver. Masked before it is sent.
package struct LogEntry: Sendable, Hashable, Codable {
    package var orgID: String
    package var appID: String
    package var envID: String
    package var deploymentID: String?
    package var workloadID: String?
    package var containerID: String?
    /// The resource whose driver wrote it.
    package var node: String?
    /// `stdout`, `stderr`, `driver`.
    package var stream: String
    /// `info`, `warning`, `error`.
    package var level: String
    package var at: Timestamp
    package var line: String

    package init(
        environment: EnvironmentContext, deploymentID: String? = nil, workloadID: String? = nil, containerID: String? = nil,
        node: String? = nil, stream: String, level: String = "info", at: Timestamp, line: String
    ) {
        self.orgID = environment.orgID
        self.appID = environment.appID
        self.envID = environment.envID
        self.deploymentID = deploymentID
        self.workloadID = workloadID
        self.containerID = containerID
        self.node = node
        self.stream = stream
        self.level = level
        self.at = at
        self.line = line
    }

    private enum CodingKeys: String, CodingKey {
        case node, stream, level, at, line
        case orgID = "org_id"
        case appID = "app_id"
        case envID = "env_id"
        case deploymentID = "deployment_id"
        case workloadID = "workload_id"
        case containerID = "container_id"
    }
}

/// `POST /v1/logs`. The same (source, sequence) sent again is stored once.
package struct LogBatch: Sendable, Hashable, Codable {
    /// Who sends: one name a writer and host, such as `runner@host-1/containers`.
    package var source: String
    /// Grows with each batch of the source.
    package var sequence: Int64
    package var entries: [LogEntry]

    package init(source: String, sequence: Int64, entries: [LogEntry]) {
        self.source = source
        self.sequence = sequence
        self.entries = entries
    }
}

package struct LogBatchReply: Sendable, Hashable, Codable {
    package var accepted: Int
    package init(accepted: Int) { self.accepted = accepted }
}

/// `GET /v1/logs/usage?org=ID`: what an organisation's lines take.
package struct LogUsage: Sendable, Hashable, Codable {
    package var bytes: Int64
    package init(bytes: Int64) { self.bytes = bytes }
}

/// `POST /v1/logs/end`: the environment is deleted, and its lines go with it.
package struct LogEnding: Sendable, Hashable, Codable {
    package var orgID: String
    package var appID: String
    package var envID: String

    package init(_ environment: EnvironmentContext) {
        orgID = environment.orgID
        appID = environment.appID
        envID = environment.envID
    }

    private enum CodingKeys: String, CodingKey {
        case orgID = "org_id"
        case appID = "app_id"
        case envID = "env_id"
    }
}

/// A line as the public API answers it (contract: OutputEntryResponse).
package struct OutputEntry: Sendable, Hashable, Codable {
    package var level: String
    package var payload: String
    package var timestamp: Timestamp
    package var workloadID: String
    package var containerID: String

    package init(level: String, payload: String, timestamp: Timestamp, workloadID: String, containerID: String) {
        self.level = level
        self.payload = payload
        self.timestamp = timestamp
        self.workloadID = workloadID
        self.containerID = containerID
    }

    private enum CodingKeys: String, CodingKey {
        case level, payload, timestamp
        case workloadID = "workload_id"
        case containerID = "container_id"
    }
}
