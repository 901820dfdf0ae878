import Glibc

/// Runs a call of libpq that blocks (a name lookup, a cancel request) on a thread of its own, never on the
/// cooperative pool nor on the event loop; `body` runs there exactly once, or false says that no thread could be had.
func onOwnThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let work = Unmanaged.passRetained(Work(body))
    var handle = pthread_t()
    let code = pthread_create(
        &handle, nil,
        { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, work.toOpaque())
    guard code == 0 else {
        work.release()
        return false
    }
    pthread_detach(handle)
    return true
}
