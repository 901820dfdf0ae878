import PlatformModel

/// `POST /v1/inspections`, by the orchestrator: what stands, compared with what is on record. Nothing is changed, and nothing is kept:
/// asked again, it looks again.
package struct InspectionRequest: Sendable, Hashable, Codable {
    /// Names the looking in marks and logs; what is looked at in one go has one.
    package var id: String
    package var environment: EnvironmentContext
    /// A grant for reads only: what the inputs name, and what the resources keep. Empty where nothing is looked at.
    package var grant: String
    /// At most `maximum`.
    package var resources: [InspectedResource]
    /// Of the deploy target, at most `maximum`.
    package var workloads: [String]
    /// False: only what follows from the inputs, without a look outside and without secrets.
    package var isLooking: Bool
    /// Of all of it together: what is not known by then is told as failed. Nil: as long as each may take.
    package var withinSeconds: Int?

    package static let maximum = 32
    /// How long one thing may take; then it is told as failed.
    package static let secondsEach = 60

    package init(
        id: String, environment: EnvironmentContext, grant: String = "", resources: [InspectedResource] = [],
        workloads: [String] = [], isLooking: Bool = true, withinSeconds: Int? = nil
    ) {
        self.id = id
        self.environment = environment
        self.grant = grant
        self.resources = resources
        self.workloads = workloads
        self.isLooking = isLooking
        self.withinSeconds = withinSeconds
    }
}

package struct InspectedResource: Sendable, Hashable, Codable {
    /// As it was ordered last.
    package var work: ResourceWork
    /// What came of it; nil where it never succeeded.
    package var last: ActionOutputs?
    /// Not how it stands, but what this would do: `work` is what will be ordered, and the finding has `effects`.
    package var foresees: ForeseenAction?
    /// Why it cannot be foreseen, such as inputs that are not known yet: told where its driver would say something at all.
    package var obstacle: String?

    package init(work: ResourceWork, last: ActionOutputs?, foresees: ForeseenAction? = nil, obstacle: String? = nil) {
        self.work = work
        self.last = last
        self.foresees = foresees
        self.obstacle = obstacle
    }
}

/// In the order of the request.
package struct InspectionReply: Sendable, Hashable, Codable {
    package var resources: [InspectionFinding]
    package var workloads: [InspectionFinding]

    package init(resources: [InspectionFinding], workloads: [InspectionFinding]) {
        self.resources = resources
        self.workloads = workloads
    }
}

/// How one thing stands.
package struct InspectionFinding: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case inSync = "in_sync"
        /// It stands, and differs: see `changes`.
        case drifted
        case missing
        /// Nothing in the real system tells: see `reason`.
        case cannotTell = "cannot_tell"
        /// It could not be looked at: see `code` and `reason`.
        case failed
    }

    package var state: State
    package var changes: [FieldChange]
    /// It can become what it should be only by being destroyed and made anew.
    package var mustBeReplaced: Bool
    /// Without secrets.
    package var reason: String?
    /// Stable: `DRV-nnn`, `RUN-nnn`.
    package var code: String?
    /// Whether its destruction takes data along; nil of a workload, and where its driver is not known.
    package var holdsData: Bool?
    /// Of a resource whose `foresees` says of what. Nil: its driver says nothing beforehand.
    package var effects: PlannedEffects?

    package init(
        _ state: State, changes: [FieldChange] = [], mustBeReplaced: Bool = false, reason: String? = nil, code: String? = nil,
        holdsData: Bool? = nil, effects: PlannedEffects? = nil
    ) {
        self.state = state
        self.changes = changes
        self.mustBeReplaced = mustBeReplaced
        self.reason = reason
        self.code = code
        self.holdsData = holdsData
        self.effects = effects
    }
}
