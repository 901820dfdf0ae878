import PlatformModel

/// What became of a Compose file or of Kubernetes manifests.
package struct ImportResult: Sendable {
    /// One a workload, in the order of the source; each is accepted by `ScoreReader`.
    package var workloads: [ImportedWorkload]
    /// All that the Score files do not hold, or hold in another way, in the order of the source.
    package var notes: [Problem]
}

/// A Score file to be written.
package struct ImportedWorkload: Sendable, Hashable {
    /// The workload's name: `NAME.score.yaml` is a good place for it.
    package var name: String
    package var score: JSON
    /// The file as text.
    package var text: String
    /// What Score cannot say and an extensions file can: profile, replicas, schedules. Nil where there is nothing.
    package var extensions: JSON?
    package var extensionsText: String?
}
