/// Where one step of a run stands.
package enum StepState: String, Sendable, Codable, CaseIterable {
    /// Something it depends on has not ended.
    case waiting
    /// In the queue.
    case ready
    /// Claimed by a worker.
    case running
    case succeeded
    case failed
    /// The outcome cannot be known; shown with its remedy, never blindly retried.
    case unknown
    /// Something it depends on did not succeed.
    case skipped

    package var isEnded: Bool {
        switch self {
        case .succeeded, .failed, .unknown, .skipped: true
        case .waiting, .ready, .running: false
        }
    }
}

/// A step of a run: what it waits for, and where it stands.
package struct RunStep: Sendable, Hashable {
    /// Unique in the run.
    package let id: String
    package let dependsOn: [String]
    package var state: StepState

    package init(id: String, dependsOn: [String], state: StepState = .waiting) {
        self.id = id
        self.dependsOn = dependsOn
        self.state = state
    }
}
