/// The place of a resource that is not there yet, whatever stands on the real one: for a look at what would be made.
struct EmptyShelf: StateShelf {
    let leaseSeconds = 15.0

    func read() async throws(StateRefusal) -> [UInt8]? { nil }
    func begin() async throws(StateRefusal) -> Int64 { throw Self.onlyRead }
    func lock(_ lock: StateLock, run: Int64) async throws(StateRefusal) { throw Self.onlyRead }
    func unlock(id: String, run: Int64) async throws(StateRefusal) { throw Self.onlyRead }
    func renew(run: Int64) async throws(StateRefusal) { throw Self.onlyRead }
    func write(_ state: [UInt8], lockID: String?, run: Int64) async throws(StateRefusal) { throw Self.onlyRead }
    func clear(run: Int64) async throws(StateRefusal) { throw Self.onlyRead }

    private static let onlyRead = StateRefusal.unusable("it is only looked at")
}
