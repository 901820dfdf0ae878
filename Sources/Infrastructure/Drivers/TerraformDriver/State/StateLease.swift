/// Terraform's lock on a state, as its HTTP backend sends it.
package struct StateLock: Sendable, Hashable {
    /// The most bytes of `info` that are kept.
    package static let maximumInfo = 16 << 10

    /// Made by `terraform` for each operation.
    package var id: String
    /// Its own JSON: operation, who, when. Shown to whoever finds the state locked.
    package var info: String

    package init(id: String, info: String) {
        self.id = id
        self.info = info
    }
}

/// Why a state was not read or written.
package enum StateRefusal: Error, Sendable, Hashable {
    /// A later run has begun, or a later order, or another runner has the action.
    case fenced
    /// Somebody holds the lock.
    case locked(StateLock)
    /// Whoever writes does not hold the lock that it names.
    case notHeld
    /// More bytes than are kept, or no state at all.
    case unusable(String)
    /// The database or the broker does not answer, or does not open what was kept.
    case unavailable(String)
}

/// Who may write the state of one resource: the run that began last, while it holds the lock.
///
/// The lock is a lease. One that is not renewed is taken over by the next run; until then that run waits, since a process of the earlier
/// one may be at work in the real system still. Pure: whoever keeps it says what has expired.
package struct StateLease: Sendable, Hashable {
    package struct Held: Sendable, Hashable {
        package var lock: StateLock
        package var run: Int64
        /// By the database's clock.
        package var isExpired: Bool

        package init(lock: StateLock, run: Int64, isExpired: Bool) {
            self.lock = lock
            self.run = run
            self.isExpired = isExpired
        }
    }

    /// The highest of the orders that began a run.
    package var fence: Int64
    package var run: Int64
    package var held: Held?

    package init(fence: Int64, run: Int64, held: Held? = nil) {
        self.fence = fence
        self.run = run
        self.held = held
    }

    /// A run begins under an order's fence; runs before it write no more.
    package mutating func begin(run: Int64, fence: Int64) throws(StateRefusal) {
        guard fence >= self.fence, run > self.run else { throw .fenced }
        self.fence = fence
        self.run = run
    }

    /// The same lock again is the same lock: its first answer may have been lost.
    package mutating func lock(_ lock: StateLock, run: Int64) throws(StateRefusal) {
        try requireCurrent(run)
        if let held, !held.isExpired, held.run != run || held.lock.id != lock.id { throw .locked(held.lock) }
        held = Held(lock: lock, run: run, isExpired: false)
    }

    /// What is not locked is unlocked.
    package mutating func unlock(id: String, run: Int64) throws(StateRefusal) {
        try requireCurrent(run)
        guard let held else { return }
        guard held.run == run, held.lock.id == id else { throw .locked(held.lock) }
        self.held = nil
    }

    /// Whether the run may write under the lock of this id.
    package func requireWriting(lockID: String, run: Int64) throws(StateRefusal) {
        try requireCurrent(run)
        guard let held, held.run == run, held.lock.id == lockID else { throw .notHeld }
    }

    /// Whether the run may forget the state: not while an earlier run may still make what only that state would name.
    package func requireClearing(run: Int64) throws(StateRefusal) {
        try requireCurrent(run)
        if let held, held.run != run, !held.isExpired { throw .locked(held.lock) }
    }

    package func requireCurrent(_ run: Int64) throws(StateRefusal) {
        guard run == self.run else { throw .fenced }
    }
}
