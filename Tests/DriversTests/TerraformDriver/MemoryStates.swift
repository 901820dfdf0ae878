import Drivers
import PlatformModel
import Synchronization

/// States in memory, by the same rules as in the database.
final class MemoryStates: StateShelf {
    private struct Kept {
        var versions: [[UInt8]] = []
        var lease = StateLease(fence: 1, run: 0)
        var runs: Int64 = 0
        var losesWrites = false
    }

    private let kept = Mutex(Kept())
    let leaseSeconds: Double

    init(leaseSeconds: Double = 15) { self.leaseSeconds = leaseSeconds }

    var state: JSON? { kept.withLock { $0.versions.last }.flatMap { try? JSON.parse($0) } }
    var writes: Int { kept.withLock { $0.versions.count } }
    var isLocked: Bool { kept.withLock { $0.lease.held != nil } }
    var text: String { kept.withLock { String(decoding: $0.versions.last ?? [], as: UTF8.self) } }
    /// Takes no state under a lock.
    var losesWrites: Bool {
        get { kept.withLock(\.losesWrites) }
        set { kept.withLock { $0.losesWrites = newValue } }
    }

    /// As time does.
    func expireLock() { kept.withLock { $0.lease.held?.isExpired = true } }

    /// Somebody changes the state by hand.
    func replace(_ old: String, by new: String) {
        kept.withLock { kept in
            let text = String(decoding: kept.versions.last ?? [], as: UTF8.self)
            kept.versions.append(Array(text.replacing(old, with: new).utf8))
        }
    }

    func read() async throws(StateRefusal) -> [UInt8]? { kept.withLock { $0.versions.last } }

    func begin() async throws(StateRefusal) -> Int64 {
        try changing { kept throws(StateRefusal) in
            kept.runs += 1
            try kept.lease.begin(run: kept.runs, fence: 1)
            return kept.runs
        }
    }

    func lock(_ lock: StateLock, run: Int64) async throws(StateRefusal) {
        try changing { kept throws(StateRefusal) in try kept.lease.lock(lock, run: run) }
    }

    func unlock(id: String, run: Int64) async throws(StateRefusal) {
        try changing { kept throws(StateRefusal) in try kept.lease.unlock(id: id, run: run) }
    }

    func renew(run: Int64) async throws(StateRefusal) {
        try changing { kept throws(StateRefusal) in try kept.lease.requireCurrent(run) }
    }

    func write(_ state: [UInt8], lockID: String?, run: Int64) async throws(StateRefusal) {
        try changing { kept throws(StateRefusal) in
            if let lockID {
                if kept.losesWrites { throw .unusable("lost") }
                try kept.lease.requireWriting(lockID: lockID, run: run)
            } else {
                try kept.lease.requireCurrent(run)
            }
            kept.versions.append(state)
        }
    }

    func clear(run: Int64) async throws(StateRefusal) {
        try changing { kept throws(StateRefusal) in
            try kept.lease.requireClearing(run: run)
            kept.versions = []
            kept.lease.held = nil
        }
    }

    private func changing<Value: Sendable>(_ body: (inout Kept) throws(StateRefusal) -> Value) throws(StateRefusal) -> Value {
        try kept.withLock { (kept) throws(StateRefusal) -> Value in try body(&kept) }
    }
}
