/// How long an order is asked for again whose answers tell nothing: the runner is there, and goes on to say so.
struct UnclearAnswers: Sendable {
    static let pause = Duration.milliseconds(500)
    /// No longer than this, and no longer than the step may take.
    private static let longest = Duration.seconds(60)

    private let patience: Duration
    private var since: ContinuousClock.Instant?

    init(_ limit: StepLimit) { patience = min(Self.longest, .seconds(limit.seconds)) }

    /// Whether to ask once more after another one of them.
    mutating func mayAskAgain() -> Bool {
        let first = since ?? .now
        since = first
        return ContinuousClock.now - first < patience
    }

    /// An answer that tells something came.
    mutating func forget() { since = nil }
}
