import Planning
import PlatformModel

/// What a resource gives, as far as it can be known without making it.
package struct EvaluatedNode: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// Its driver was asked.
        case driver
        /// Somebody wrote its outputs down.
        case given
        /// Only a deployment can tell.
        case afterApply
    }

    package var source: Source
    package var outputs: NodeOutputs
    package var manifests: [DriverManifest]
    /// The cookie that the next provisioning is given, with secrets by name.
    package var cookie: JSON?
}
