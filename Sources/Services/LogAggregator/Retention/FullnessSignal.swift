import Logging
import Synchronization

/// Brings word from whoever stores lines that an organisation's limit is used up: the oldest go at once then, and not at the next sweep.
final class FullnessSignal: Sendable {
    /// Complaints about one organisation; a full one sends batch after batch.
    private static let pause = Duration.seconds(60)

    let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let told = Mutex<[String: ContinuousClock.Instant]>([:])
    private let count: @Sendable (Int) -> Void

    /// - Parameter count: hears how many lines were left out.
    init(count: @escaping @Sendable (Int) -> Void = { _ in }) {
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.count = count
    }

    func wake() { continuation.yield() }

    func tell(_ orgID: String, leavingOut lines: Int, _ logger: Logger) {
        count(lines)
        let now = ContinuousClock.now
        let isNew = told.withLock { told in
            // No more than the organisations of this minute.
            told = told.filter { now - $0.value < Self.pause }
            return told.updateValue(told[orgID] ?? now, forKey: orgID) == nil
        }
        if isNew {
            logger.warning(
                "log lines are left out: the organization's limit is used up", metadata: ["org": "\(orgID)", "lines": "\(lines)"])
        }
        wake()
    }
}
