import PlatformModel

/// What a driver made.
package struct DriverResult: Sendable, Hashable {
    /// The outputs that are not secret; an object.
    package var values: JSON
    /// The secret outputs, a flat or nested object; the runner stores each leaf in the broker.
    package var secrets: JSON
    package var manifests: [DriverManifest]
    /// Opaque state for the next call, kept in the broker, so it may hold secrets.
    package var cookie: JSON?

    package init(values: JSON = [:], secrets: JSON = [:], manifests: [DriverManifest] = [], cookie: JSON? = nil) {
        self.values = values
        self.secrets = secrets
        self.manifests = manifests
        self.cookie = cookie
    }
}
