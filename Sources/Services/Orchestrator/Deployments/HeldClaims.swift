import Synchronization

/// The claims of this process, for the heartbeat that renews all of them at once, and for whoever does a step whose claim was lost.
final class HeldClaims: Sendable {
    private let claims = Mutex<[StepStore.Claim: AsyncStream<Void>.Continuation]>([:])

    var all: [StepStore.Claim] { claims.withLock { Array($0.keys) } }

    /// - Returns: What ends when the claim is lost.
    func add(_ claim: StepStore.Claim) -> AsyncStream<Void> {
        let (lost, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        claims.withLock { $0[claim] = continuation }
        return lost
    }

    func remove(_ claim: StepStore.Claim) {
        claims.withLock { $0.removeValue(forKey: claim) }?.finish()
    }

    /// Tells who does the steps to stop.
    func lose(_ lost: Set<StepStore.Claim>) {
        for claim in lost { remove(claim) }
    }
}
