/// What a workload's objects ask for, in the terms of a single machine. Holds secret values: it lives for one call.
package struct WorkloadPlan: Sendable, Hashable {
    package enum RestartPolicy: String, Sendable, Hashable, Codable { case always, onFailure, never }

    /// The Deployment's or Job's name.
    package var name: String
    package var isJob = false
    package var replicas = 1
    /// Those that come before the others first, in their order.
    package var containers: [ContainerPlan] = []
    package var services: [ServicePort] = []
    /// Names under which the other workloads of the environment reach this one.
    package var aliases: [String] = []
    package var restartPolicy = RestartPolicy.always
    /// Failed tries of a Job after the first one.
    package var backoffLimit = 6
    /// Seconds between SIGTERM and SIGKILL.
    package var terminationGrace = 30
    /// The older replicas go before the new ones come (strategy Recreate).
    package var recreate = false
    /// Older replicas that go by themselves once these are ready, as `StandingReplica.tag`.
    var retires: [String] = []
}

/// A port of a Service, and where the containers listen for it.
package struct ServicePort: Sendable, Hashable, Codable {
    package var port: Int
    package var target: Int
}

/// A value that must not get into a message by accident.
package struct SealedText: Sendable, Hashable, CustomStringConvertible {
    package let value: String
    package init(_ value: String) { self.value = value }
    package var description: String { "(secret)" }
}

/// A file's content that must not get into a message by accident.
package struct SealedBytes: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package var description: String { "(\(bytes.count) bytes)" }
}

package struct ContainerPlan: Sendable, Hashable {
    /// How a container comes before the others (a Pod's initContainers).
    package enum Initial: String, Sendable, Hashable, Codable {
        /// It ends well before the next one starts.
        case ends
        /// It has started, by its startup probe where it has one, before the next one does; and it runs on (restartPolicy Always).
        case runsOn
    }

    package var name: String
    package var initial: Initial?
    package var image: String
    /// Instead of the image's ENTRYPOINT.
    package var command: [String]?
    /// Instead of the image's CMD.
    package var arguments: [String]?
    package var workingDirectory: String?
    /// Variables that may stand in the container's configuration.
    package var variables: [String: String] = [:]
    /// Variables that may not.
    package var secretVariables: [String: SealedText] = [:]
    package var ports: [Int] = []
    package var mounts: [MountPlan] = []
    package var resources = ResourcePlan()
    package var security = SecurityPlan()
    package var startup: ProbePlan?
    package var readiness: ProbePlan?
    package var liveness: ProbePlan?

    /// Whether something must lie on the tmpfs before this container can start.
    package var needsFiles: Bool {
        !secretVariables.isEmpty
            || mounts.contains { if case .files = $0.source { true } else { false } }
    }
}

package struct MountPlan: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// A folder of files, or with `subPath` one of them.
        case files([MountedFile])
        /// Lives and dies with the replica; shared by its containers under this name.
        case scratch(name: String, inMemory: Bool, sizeLimit: Int64?)

        var memoryName: String? { if case .scratch(let name, true, _) = self { name } else { nil } }
    }

    package var path: String
    package var isReadOnly: Bool
    package var subPath: String?
    package var source: Source
}

package struct MountedFile: Sendable, Hashable {
    /// Below the mount: no leading slash, no `..`.
    package var path: String
    package var contents: SealedBytes
    package var mode: Int
}

/// Limits in bytes and thousandths of a processor.
package struct ResourcePlan: Sendable, Hashable {
    package var memoryLimit: Int64?
    package var memoryRequest: Int64?
    package var processorLimit: Int64?
    package var processorRequest: Int64?
}

package struct SecurityPlan: Sendable, Hashable {
    package var user: Int?
    package var group: Int?
    /// It must not be started as root, whatever its image says.
    package var mustNotBeRoot = false
    package var readOnlyRoot = false
    package var noNewPrivileges = false
    package var addedCapabilities: [String] = []
    package var droppedCapabilities: [String] = []
}

/// A question asked of a container again and again (seconds as in Kubernetes).
package struct ProbePlan: Sendable, Hashable, Codable {
    package enum Question: Sendable, Hashable, Codable {
        case http(port: Int, path: String, headers: [String])
        case tcp(port: Int)
        case exec([String])
    }

    package var question: Question
    package var initialDelay = 0
    package var period = 10
    package var timeout = 1
    package var successThreshold = 1
    package var failureThreshold = 3
}
