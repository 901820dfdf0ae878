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

/// A manifest of a resource, and the name by which the workload's volume mounts call that resource.
package struct InjectedManifest: Sendable, Hashable {
    package var manifest: DriverManifest
    /// `externals.NAME` or `shared.KEY`; nil for a resource that the workload does not name.
    package var source: String?

    package init(_ manifest: DriverManifest, source: String? = nil) {
        self.manifest = manifest
        self.source = source
    }
}
