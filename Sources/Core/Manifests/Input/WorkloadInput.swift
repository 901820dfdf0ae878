import PlatformModel

/// What a workload is rendered from.
package struct WorkloadInput: Sendable {
    package var environment: EnvironmentContext
    /// The module's name in the set: the name of its objects.
    package var name: String
    /// The spec with its placeholders replaced; where a value is secret it holds null.
    package var workload: Workload
    /// Pointers into the spec (`/containers/web/variables/DB_PASSWORD`).
    package var slots: [SecretSlot]
    /// The `update` output of the workload's own resource: operations of RFC 6902 on `/spec/...`, applied before rendering.
    package var update: JSON?
    /// Pointers into `update` (`/0/value`).
    package var updateSlots: [SecretSlot]
    /// What the resources bring along.
    package var manifests: [InjectedManifest]
    /// Written into every namespaced object when given.
    package var namespace: String?
    /// Dependencies that have a `host` among their outputs: `externals.NAME` or `shared.KEY` -> host.
    package var hosts: [String: String] = [:]

    package init(
        environment: EnvironmentContext, name: String, workload: Workload, slots: [SecretSlot] = [], update: JSON? = nil,
        updateSlots: [SecretSlot] = [], manifests: [InjectedManifest] = [], namespace: String? = nil
    ) {
        self.environment = environment
        self.name = name
        self.workload = workload
        self.slots = slots
        self.update = update
        self.updateSlots = updateSlots
        self.manifests = manifests
        self.namespace = namespace
    }
}

extension WorkloadInput {
    /// What a resource that the workload depends on brings along.
    ///
    /// - Parameter names: every name that the workload has for it (`externals.NAME`, `shared.KEY`); the first one is told in problems.
    package mutating func add(_ manifests: [DriverManifest], host: String?, names: [String]) {
        self.manifests += manifests.map { InjectedManifest($0, sources: names) }
        for name in names { hosts[name] = host }
    }
}
