/// A part of an environment's life; beside these it is made, deployed and deleted.
enum FaultPhase: String, CaseIterable, Sendable {
    /// Looked at for drift.
    case look
    /// Deployed otherwise: one of the two workloads goes.
    case change
    /// A definition changes, and is rolled out.
    case rollOut
    /// Changed behind our back, and repaired.
    case repair
    /// A deployment is cancelled under way, and goes on when it is retried.
    case cancel
    /// What nobody uses any more is collected.
    case collect

    /// What `make test` has time for.
    static let core: Set<FaultPhase> = [.change]
}
