/// The pool's decisions: which slot serves whom. Pure, so that every order of events can be tested;
/// `PostgresPool` holds it in a lock and performs the actions after leaving it.
struct PoolState<Connection: Sendable, Waiter> {
    enum Purpose: Hashable, CaseIterable {
        /// Single batches of many callers, pipelined.
        case shared
        /// One transaction at a time.
        case exclusive
    }

    struct Lease: Sendable {
        let slot: Int
        /// Which of the slot's connections over time: a lease of a lost one is worth nothing to the next.
        let generation: Int
        let connection: Connection
    }

    enum Action {
        case serve(Waiter, Lease)
        case refuse(Waiter, PostgresError)
        /// The slot's task shall connect.
        case open(slot: Int)
        case close(Connection)
    }

    private enum Phase {
        case parked
        case opening
        case open(Connection, load: Int, idleSince: ContinuousClock.Instant)
    }

    private struct Slot {
        let purpose: Purpose
        var phase = Phase.parked
        var generation = 0
    }

    private struct Waiting {
        let id: UInt64
        let waiter: Waiter
    }

    private let depth: Int
    private let maximumWaiting: Int
    private var slots: [Slot]
    private var queues: [Purpose: [Waiting]] = [:]
    private(set) var isStopping = false
    private(set) var lastFailure: PostgresError?

    init(shared: Int, exclusive: Int, depth: Int, maximumWaiting: Int) {
        self.depth = max(1, depth)
        self.maximumWaiting = maximumWaiting
        slots =
            [Slot](repeating: Slot(purpose: .shared), count: max(1, shared))
            + [Slot](repeating: Slot(purpose: .exclusive), count: max(1, exclusive))
    }

    var slotCount: Int { slots.count }
    func waitingCount(_ purpose: Purpose) -> Int { queues[purpose, default: []].count }

    // MARK: Callers

    mutating func acquire(_ purpose: Purpose, id: UInt64, _ waiter: Waiter) -> [Action] {
        if isStopping { return [.refuse(waiter, Self.stopped)] }
        if waitingCount(purpose) == 0, let slot = bestSlot(purpose),
            case .open(let connection, let load, let since) = slots[slot].phase
        {
            slots[slot].phase = .open(connection, load: load + 1, idleSince: since)
            // A busy shared connection serves anyway, but the next caller gets one of its own if there may be more.
            let growth = load > 0 ? openOne(purpose) : []
            return [.serve(waiter, Lease(slot: slot, generation: slots[slot].generation, connection: connection))] + growth
        }
        guard queues.values.reduce(0, { $0 + $1.count }) < maximumWaiting else {
            return [.refuse(waiter, PostgresError(.poolExhausted, "\(maximumWaiting) callers wait for a connection already"))]
        }
        queues[purpose, default: []].append(Waiting(id: id, waiter: waiter))
        return openOne(purpose)
    }

    mutating func release(_ lease: Lease, at now: ContinuousClock.Instant, isUsable: Bool = true) -> [Action] {
        let slot = lease.slot
        guard slots[slot].generation == lease.generation, case .open(let connection, let load, _) = slots[slot].phase else {
            return []
        }
        slots[slot].phase = .open(connection, load: load - 1, idleSince: now)
        if !isUsable || (isStopping && load == 1) { return [.close(connection)] }
        return serveWaiting(slot)
    }

    /// The acquire timeout of a waiting caller is over, or its task was cancelled.
    mutating func giveUp(_ id: UInt64, because error: PostgresError) -> [Action] {
        for purpose in Purpose.allCases {
            if let index = queues[purpose, default: []].firstIndex(where: { $0.id == id }),
                let waiting = queues[purpose]?.remove(at: index)
            {
                return [.refuse(waiting.waiter, error)]
            }
        }
        return []
    }

    // MARK: Slots

    /// Whether the slot's task should connect (again): somebody waits, or it is the one that is always kept.
    func isWanted(_ slot: Int) -> Bool { !isStopping && (slot == 0 || waitingCount(slots[slot].purpose) > 0) }

    mutating func start() -> [Action] {
        slots[0].phase = .opening
        return [.open(slot: 0)]
    }

    mutating func opened(_ slot: Int, _ connection: Connection, at now: ContinuousClock.Instant) -> [Action] {
        lastFailure = nil
        slots[slot].generation += 1
        slots[slot].phase = .open(connection, load: 0, idleSince: now)
        return isStopping ? [.close(connection)] : serveWaiting(slot)
    }

    mutating func failed(_ slot: Int, _ error: PostgresError) { lastFailure = error }

    /// The connection is gone. True: the slot's task shall connect again; false: it is parked until somebody asks.
    mutating func closed(_ slot: Int) -> Bool {
        let isWanted = isWanted(slot)
        slots[slot].phase = isWanted ? .opening : .parked
        return isWanted
    }

    /// Transaction connections that nobody used since `limit`.
    func idle(since limit: ContinuousClock.Instant) -> [Action] {
        slots.compactMap { slot in
            guard slot.purpose == .exclusive, case .open(let connection, load: 0, let since) = slot.phase, since < limit else {
                return nil
            }
            return .close(connection)
        }
    }

    /// No new callers; idle connections close now, busy ones when they are given back.
    mutating func stop() -> [Action] {
        isStopping = true
        let refused = queues.values.joined().map { Action.refuse($0.waiter, Self.stopped) }
        queues = [:]
        return refused
            + slots.compactMap { if case .open(let connection, load: 0, _) = $0.phase { .close(connection) } else { nil } }
    }

    /// Every open connection, for the end of the grace period.
    var connections: [Connection] {
        slots.compactMap { if case .open(let connection, _, _) = $0.phase { connection } else { nil } }
    }

    // MARK: The parts

    private static var stopped: PostgresError { PostgresError(.connection, "this program is shutting down") }

    /// The open slot with the least to do, or nil when all are full.
    private func bestSlot(_ purpose: Purpose) -> Int? {
        let limit = purpose == .shared ? depth : 1
        var best: (slot: Int, load: Int)?
        for (index, slot) in slots.enumerated() where slot.purpose == purpose {
            guard case .open(_, let load, _) = slot.phase, load < min(limit, best?.load ?? limit) else { continue }
            best = (index, load)
        }
        return best?.slot
    }

    private mutating func openOne(_ purpose: Purpose) -> [Action] {
        let opening = slots.count { slot in
            if slot.purpose == purpose, case .opening = slot.phase { true } else { false }
        }
        // One connection on its way for each caller that waits, one at least.
        guard opening < max(1, waitingCount(purpose)),
            let parked = slots.firstIndex(where: { slot in
                if slot.purpose == purpose, case .parked = slot.phase { true } else { false }
            })
        else { return [] }
        slots[parked].phase = .opening
        return [.open(slot: parked)]
    }

    private mutating func serveWaiting(_ slot: Int) -> [Action] {
        let purpose = slots[slot].purpose
        var actions: [Action] = []
        while case .open(let connection, let load, let since) = slots[slot].phase, load < (purpose == .shared ? depth : 1),
            waitingCount(purpose) > 0, let next = queues[purpose]?.removeFirst()
        {
            slots[slot].phase = .open(connection, load: load + 1, idleSince: since)
            actions.append(.serve(next.waiter, Lease(slot: slot, generation: slots[slot].generation, connection: connection)))
        }
        return actions
    }
}
