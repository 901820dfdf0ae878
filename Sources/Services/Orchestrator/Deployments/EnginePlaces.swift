import Execution
import Synchronization

/// The places of an engine, for steps that it has done at the same time: how many are free, which passed from a step that ended to the
/// next one, and who waits for one.
///
/// A step that ends passes its place to one of its own line, in the transaction of its end: both count alike in every bound, and neither
/// a second transaction nor a notification is needed. It does so while nobody else waits; otherwise the fair shares decide
/// (`ClaimChoice`).
final class EnginePlaces: Sendable {
    /// A step that was begun in the transaction in which another one ended.
    struct Passed: Sendable {
        var claim: StepStore.Claim
        var step: Result<ClaimedStep, any Error>
    }

    /// What the engine is to do.
    struct Turn: Sendable {
        var passed: [Passed] = []
        /// There may be something to claim.
        var looks = false
    }

    private enum Waiting {
        /// The last look saw nobody but these without a place.
        case lines(Set<StepStore.Line>)
        /// There was no place to look for.
        case unknown
    }

    private struct State {
        var free = 0
        var isOpen = false
        var waiting = Waiting.unknown
        var turn = Turn(looks: true)
    }

    private let state = Mutex(State())
    /// Yields when there is a turn.
    let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init() { (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// The engine is at work, with so many places. Before, and after `close`, none is passed on.
    func open(_ count: Int) {
        state.withLock { state in
            state.free = count
            state.isOpen = true
        }
        wake.yield()
    }

    func close() { state.withLock { $0.isOpen = false } }

    func look() {
        state.withLock { $0.turn.looks = true }
        wake.yield()
    }

    /// What there is to do now; it is given once.
    func turn() -> Turn {
        state.withLock { state in
            defer { state.turn = Turn() }
            return state.turn
        }
    }

    /// Places for steps that are about to be claimed; those that are not needed are given back.
    func take(upTo wanted: Int) -> Int {
        state.withLock { state in
            let taken = max(0, min(state.free, wanted))
            state.free -= taken
            return taken
        }
    }

    func give(_ count: Int) { state.withLock { $0.free += count } }

    /// What a look saw, and what it led to; nil: there was no place.
    func saw(_ lines: [ClaimChoice.Line]?, _ shares: [ClaimChoice.Share]) {
        let given = Dictionary(shares.map { (StepStore.Line($0.line), $0.count) }, uniquingKeysWith: { first, _ in first })
        let waiting = lines.map { lines in
            Set(lines.filter { $0.due > given[StepStore.Line($0), default: 0] }.map(StepStore.Line.init))
        }
        state.withLock { $0.waiting = waiting.map(Waiting.lines) ?? .unknown }
    }

    /// How many places of which lines pass on when these steps end.
    func passing(_ ending: [StepStore.Claim]) -> [StepStore.Line: Int] {
        let counts = Dictionary(ending.map { ($0.line, 1) }, uniquingKeysWith: +)
        return state.withLock { state in
            guard state.isOpen, case .lines(let waiting) = state.waiting else { return [:] }
            return counts.filter { line, _ in waiting.allSatisfy { $0 == line } }
        }
    }

    /// The transaction that passed them has been committed.
    func pass(_ steps: [Passed]) {
        guard !steps.isEmpty else { return }
        state.withLock { state in
            // The places that they come into are given back by the steps that have ended, in a moment.
            state.free -= steps.count
            state.turn.passed += steps
        }
        wake.yield()
    }

    /// A step is over, however it went.
    func leave(_ claim: StepStore.Claim) {
        let looks = state.withLock { state in
            state.free += 1
            // Its own line took the place already, if it had somebody for it.
            let othersWait =
                switch state.waiting {
                case .lines(let waiting): waiting.contains { $0 != claim.line }
                case .unknown: true
                }
            if othersWait { state.turn.looks = true }
            return othersWait
        }
        if looks { wake.yield() }
    }
}
