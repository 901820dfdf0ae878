/// One step of a deployment, as people see it: where it stands, why, and what to do about it. Ours.
package struct DeploymentStep: Sendable, Hashable, Codable {
    /// What it is about: `postgres.default#modules.web.externals.db`, `workload web`, or `plan`.
    package var object: String
    /// `plan`, `provision`, `destroy`, `deploy`, `remove`.
    package var verb: String
    /// From 1; more when it was tried again.
    package var attempt: Int
    /// `waiting`, `ready`, `running`, `succeeded`, `failed`, `unknown`, `skipped`.
    package var state: String
    /// Of one that was skipped: the objects because of which; empty when the deployment was stopped.
    package var because: [String]
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// What to do about a step that did not succeed.
    package var remedy: String?

    package init(
        object: String, verb: String, attempt: Int, state: String, because: [String] = [], startedAt: Timestamp? = nil,
        endedAt: Timestamp? = nil, remedy: String? = nil
    ) {
        self.object = object
        self.verb = verb
        self.attempt = attempt
        self.state = state
        self.because = because
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.remedy = remedy
    }

    private enum CodingKeys: String, CodingKey {
        case object, verb, attempt, state, because, remedy
        case startedAt = "started_at"
        case endedAt = "ended_at"
    }
}
