/// Where a secret stands that cannot be moved, since it is kept in the clear.
package struct OutputLeaks: Error, Sendable, Hashable {
    package struct Manifest: Sendable, Hashable {
        /// From 0.
        package var index: Int
        /// With no secret in it.
        package var location: String
    }

    /// The name of an output.
    package var isInName = false
    package var manifests: [Manifest] = []
}
