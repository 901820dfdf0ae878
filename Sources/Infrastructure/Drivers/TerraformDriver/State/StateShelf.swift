/// Where the state of one resource is kept: as ciphertext, by whoever runs the driver. Errors are `StateRefusal`s.
package protocol StateShelf: Sendable {
    /// The newest state, as it was written; nil when there is none. Anybody may read who has the shelf.
    func read() async throws(StateRefusal) -> [UInt8]?

    /// Begins a run: from now on earlier ones write no more. The number stands for it.
    func begin() async throws(StateRefusal) -> Int64

    func lock(_ lock: StateLock, run: Int64) async throws(StateRefusal)
    func unlock(id: String, run: Int64) async throws(StateRefusal)

    /// Keeps the lock, and tells a run that it is the latest no more.
    func renew(run: Int64) async throws(StateRefusal)

    /// Keeps a new version.
    /// - Parameter lockID: nil where the run ended without it, and nobody has begun another: what `terraform` could not hand over.
    func write(_ state: [UInt8], lockID: String?, run: Int64) async throws(StateRefusal)

    /// The resource is gone: so are its state and its lock.
    func clear(run: Int64) async throws(StateRefusal)

    /// Seconds that a lock outlives its last renewal.
    var leaseSeconds: Double { get }
}

/// The bounds of a state.
package enum StateLimits {
    /// Bytes of one state.
    package static let maximumBytes = 8 << 20
    /// Versions of one state that are kept.
    package static let versions: Int64 = 20
}
