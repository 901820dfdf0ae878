import PlatformModel

/// A manifest of a resource, and the names by which the workload's volume mounts call that resource.
package struct InjectedManifest: Sendable, Hashable {
    package var manifest: DriverManifest
    /// `externals.NAME` or `shared.KEY`; none for a resource that the workload does not name.
    package var sources: [String]
    /// The one that problems tell.
    var source: String? { sources.first }

    package init(_ manifest: DriverManifest, sources: [String] = []) {
        self.manifest = manifest
        self.sources = sources
    }

    package init(_ manifest: DriverManifest, source: String) { self.init(manifest, sources: [source]) }
}
