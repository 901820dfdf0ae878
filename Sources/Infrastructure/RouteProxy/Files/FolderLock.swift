import Glibc

/// The right to change the folder: two runners on one host take turns. It ends with the process that holds it.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    init(_ path: String, within timeout: Duration) throws(RouteProxyError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DurableFile.failure("opening", path) }
        let deadline = ContinuousClock.now + timeout
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                let error = DurableFile.failure("locking", path)
                close(descriptor)
                throw error
            }
            usleep(5000)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
