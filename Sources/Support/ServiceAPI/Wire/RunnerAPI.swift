import PlatformModel

/// The key of an effect: `PUT /v1/actions/{deployment}/{node}/{verb}/{try}` on the runner (architecture.md section 4).
///
/// The same key asked again attaches to the running action or gets its stored result; `try` grows only on an explicit retry after a
/// known failure.
package struct ActionKey: Sendable, Hashable, Codable, CustomStringConvertible {
    package var deploymentID: String
    /// The GUResID of a resource or workload node.
    package var node: String
    package var verb: ActionVerb
    /// From 1.
    package var attempt: Int

    package init(deploymentID: String, node: String, verb: ActionVerb, attempt: Int) {
        self.deploymentID = deploymentID
        self.node = node
        self.verb = verb
        self.attempt = attempt
    }

    /// `deployment/node/verb/try`: the mark that drivers leave in the real system.
    package var description: String { "\(deploymentID)/\(node)/\(verb.rawValue)/\(attempt)" }

    package var path: String { "/v1/actions/\(description)" }

    /// `PUT`: several orders at once, `ActionOrder.Batch`.
    package static let batchPath = "/v1/actions"

    /// `POST`: the action is told to stop.
    package var stopPath: String { path + "/stop" }
}

package enum ActionVerb: String, Sendable, Codable, CaseIterable {
    /// Create or update a resource.
    case provision
    /// Remove a resource.
    case destroy
    /// Bring a workload to its environment's deploy target.
    case deploy
    /// Take a workload away from it.
    case remove
}

/// What the orchestrator orders.
package struct ActionRequest: Sendable, Hashable, Codable {
    /// Of the step attempt; a lower one than the runner has seen for the key is answered 409 `fenced`.
    package var fence: Int64
    package var environment: EnvironmentContext
    /// The broker grant under which secrets are read and written.
    package var grant: String
    package var work: ActionWork
    /// True: the database has lost what was on record of it, if it was done: it is looked for by its key.
    package var mayBeDone: Bool?

    package init(
        fence: Int64, environment: EnvironmentContext, grant: String, work: ActionWork, mayBeDone: Bool? = nil
    ) {
        self.fence = fence
        self.environment = environment
        self.grant = grant
        self.work = work
        self.mayBeDone = mayBeDone
    }
}

/// An order with its key, where several go together.
package struct ActionOrder: Sendable, Hashable, Codable {
    package var key: ActionKey
    package var request: ActionRequest

    package init(key: ActionKey, request: ActionRequest) {
        self.key = key
        self.request = request
    }

    /// It leaves nothing behind and reads no secret (`ResourceWork.isPure`).
    package var isPure: Bool {
        if case .resource(let work) = request.work { key.verb == .provision && work.isPure } else { false }
    }

    /// The body of `PUT /v1/actions`: pure orders of one organisation, at most `limit`.
    package struct Batch: Sendable, Hashable, Codable {
        package static let limit = 64

        package var orders: [ActionOrder]
        package init(_ orders: [ActionOrder]) { self.orders = orders }
    }

    /// Its answer: a reply for each order, in their order. One that is `running` was not done and is to be asked for by
    /// itself.
    package struct Replies: Sendable, Hashable, Codable {
        package var replies: [ActionReply]
        package init(_ replies: [ActionReply]) { self.replies = replies }
    }
}

/// Tells an action to stop. It answers as the order itself does: 202 while it still runs, 200 with how it ended. An action that never
/// began never will.
package struct ActionStop: Sendable, Hashable, Codable {
    /// The order as it was given, or would have been.
    package var order: ActionRequest
    /// For people: "cancelled by alice".
    package var reason: String

    package init(order: ActionRequest, reason: String) {
        self.order = order
        self.reason = reason
    }
}

package enum ActionWork: Sendable, Hashable, Codable {
    case resource(ResourceWork)
    case workload(WorkloadWork)
    /// The deploy target forgets the environment: its network and leftovers. Verb `remove`, node = the environment's own GUResID.
    case environment
}

package struct ResourceWork: Sendable, Hashable, Codable {
    package var identity: ResourceIdentity
    package var guResID: String
    package var driverType: String
    /// The registered drivers behind `driverType`, from itself on: virtual ones, and the one with an address unless the last leads to a
    /// built-in driver. Nil for a built-in type.
    package var drivers: [ResourceDriver]?
    /// Of a destruction: it may take data along.
    package var force: Bool?
    /// Whose inputs these are, for messages.
    package var definition: String?
    /// The resource's type where it is the organisation's own: what may go in and come out.
    package var ownType: ResourceType?
    /// `{"params": {...}, "values": {...}, "secrets": {...}}`; null at every slot.
    package var inputs: JSON
    /// Pointers into `inputs`.
    package var slots: [SecretSlot]

    package init(
        identity: ResourceIdentity, guResID: String, driverType: String, drivers: [ResourceDriver]? = nil,
        force: Bool? = nil, definition: String? = nil, ownType: ResourceType? = nil, inputs: JSON, slots: [SecretSlot]
    ) {
        self.identity = identity
        self.guResID = guResID
        self.driverType = driverType
        self.drivers = drivers
        self.force = force
        self.definition = definition
        self.ownType = ownType
        self.inputs = inputs
        self.slots = slots
    }
}

extension ResourceWork {
    /// Its provisioning follows from the inputs alone, and there is no secret in it: nothing outside is touched, and nothing is read from
    /// or kept in the broker. So it needs no grant, and may be done again at any time.
    package var isPure: Bool {
        let secrets = inputs["secrets"] ?? .null
        return DriverName.own(driverType) == "echo" && drivers == nil && slots.isEmpty
            && (secrets.isNull || secrets == [:]) && !givesSecrets
    }

    /// Some value is an output that the type declares secret: it goes to the broker.
    private var givesSecrets: Bool {
        let names = ownType.map { TypeSections($0.outputsSchema).secretNames } ?? ResourceType.builtInSecrets[identity.type] ?? []
        guard !names.isEmpty, let values = inputs["values"]?.object else { return false }
        return names.contains { values[$0] != nil }
    }
}

package struct WorkloadWork: Sendable, Hashable, Codable {
    package var workloadID: String
    /// Kubernetes objects; empty for `remove`.
    package var objects: [JSON]
    /// Pointers into the array of objects: `/2/stringData/DB_PASSWORD`.
    package var slots: [SecretSlot]
    /// Seconds until a workload that does not become available has failed.
    package var timeoutSeconds: Int
    /// What a deployment waits for, as `DeployCondition.Success`; nil: `available`.
    package var success: String?

    package init(
        workloadID: String, objects: [JSON], slots: [SecretSlot], timeoutSeconds: Int,
        success: DeployCondition.Success = .available
    ) {
        self.workloadID = workloadID
        self.objects = objects
        self.slots = slots
        self.timeoutSeconds = timeoutSeconds
        self.success = success == .available ? nil : success.rawValue
    }
}

/// The answer to a PUT: 200 ended, 202 running, 409 `fenced`.
package struct ActionReply: Sendable, Hashable, Codable {
    package var state: ActionState
    /// The newest line of progress; for people.
    package var progress: String?
    package var outputs: ActionOutputs?
    package var failure: ActionFailure?

    package init(state: ActionState, progress: String? = nil, outputs: ActionOutputs? = nil, failure: ActionFailure? = nil) {
        self.state = state
        self.progress = progress
        self.outputs = outputs
        self.failure = failure
    }
}

package enum ActionState: String, Sendable, Codable {
    case running, succeeded, failed
    /// The outcome cannot be known: the runner was lost in the act and the driver cannot find what it did. Never retried blindly.
    case unknown
}

package struct ActionOutputs: Sendable, Hashable, Codable {
    package var values: JSON
    /// Mirrors the secret outputs, with a SecretReference at each leaf.
    package var secretRefs: JSON
    package var manifests: [DriverManifest]

    package init(values: JSON = [:], secretRefs: JSON = [:], manifests: [DriverManifest] = []) {
        self.values = values
        self.secretRefs = secretRefs
        self.manifests = manifests
    }
}

package struct ActionFailure: Sendable, Hashable, Codable {
    /// Stable: `DRV-nnn`, `DEP-nnn`.
    package var code: String
    package var message: String
    /// A new try with the same inputs may succeed.
    package var retryable: Bool

    package init(code: String, message: String, retryable: Bool) {
        self.code = code
        self.message = message
        self.retryable = retryable
    }
}
