import CShims
import Glibc
import Synchronization

/// One job's connection to the launcher. `converse` blocks and belongs on a thread of its own; `cancel` comes from anywhere.
final class LauncherConnection: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var isCancelled = false
        /// When to give up waiting for the launcher, in milliseconds of the monotonic clock.
        var deadline: Int64 = 0
    }

    /// After a job's own time: for its files to be written and read, and for the launcher to notice by itself.
    private static let graceMilliseconds: Int64 = 180_000
    /// A killed sandbox is gone in less.
    private static let killMilliseconds: Int64 = 30_000

    private let path: String
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    /// Kills the job. `converse` returns when it is dead.
    func cancel() {
        state.withLock { state in
            guard !state.isCancelled else { return }
            state.isCancelled = true
            state.deadline = Self.now() + Self.killMilliseconds
            // The launcher sees that nothing more will come, and kills.
            if state.descriptor >= 0 { shutdown(state.descriptor, Int32(SHUT_WR)) }
        }
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Sends a request and hears the replies to the connection's end, which is the end of all that the job ran.
    ///
    /// - Parameter listener: gets the job's listening socket.
    func converse(
        _ request: [UInt8], wallSeconds: Int, _ reply: (LauncherReply) -> Void, listener: (Int32) -> Void
    ) throws(SandboxError) {
        let descriptor = try connect()
        defer { close(descriptor) }
        let goesOn = state.withLock { state in
            state.descriptor = descriptor
            state.deadline = Self.now() + Int64(wallSeconds) * 1000 + Self.graceMilliseconds
            return !state.isCancelled
        }
        defer { state.withLock { $0.descriptor = -1 } }
        guard goesOn, send(request, descriptor) else { return }
        while let (type, length, passed) = try head(descriptor) {
            if passed >= 0 { listener(passed) }
            guard length <= LauncherRequest.mostBytes, let content = try read(length, descriptor)?.bytes else { return }
            guard let next = LauncherReply(type: type, content) else {
                throw SandboxError("the launcher at \(path) said something unknown; the runner and it are of different versions")
            }
            reply(next)
        }
    }

    private func connect() throws(SandboxError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("no socket for the launcher", errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        let connected =
            fits
            && withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            } == 0
        guard connected else {
            let error = errno
            close(descriptor)
            throw Self.failure("the launcher of sandboxes at \(path) cannot be reached; start martlet-sandbox", error)
        }
        return descriptor
    }

    private static func failure(_ what: String, _ error: Int32) -> SandboxError {
        SandboxError("\(what): \(String(cString: strerror(error)))", isTransient: true)
    }

    /// False when the launcher does not listen any more; what it said is still to be read.
    private func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { room in
                Glibc.send(descriptor, room.baseAddress.map { $0 + sent }, room.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return errno == EPIPE || errno == ECONNRESET }
            sent += count
        }
        return true
    }

    /// The type and length of the next record, and the descriptor that came with it (-1: none); nil at the end.
    private func head(_ descriptor: Int32) throws(SandboxError) -> (UInt8, Int, Int32)? {
        guard let (bytes, passed) = try read(5, descriptor) else { return nil }
        return (bytes[0], bytes[1...].reduce(0) { $0 << 8 | Int($1) }, passed)
    }

    private func read(_ count: Int, _ descriptor: Int32) throws(SandboxError) -> (bytes: [UInt8], passed: Int32)? {
        var bytes = [UInt8](repeating: 0, count: count)
        var have = 0
        var passed: Int32 = -1
        while have < count {
            try waitUntilReadable(descriptor)
            var came: Int32 = -1
            let got = bytes.withUnsafeMutableBytes { room in
                cshims_receive(descriptor, room.baseAddress.map { $0 + have }, count - have, &came)
            }
            if came >= 0 {
                if passed >= 0 { close(passed) }
                passed = came
            }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else {
                if passed >= 0 { close(passed) }
                return nil
            }
            have += got
        }
        return (bytes, passed)
    }

    private func waitUntilReadable(_ descriptor: Int32) throws(SandboxError) {
        while true {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&wait, 1, 1000) > 0 { return }
            guard Self.now() < state.withLock({ $0.deadline }) else {
                throw SandboxError("the launcher at \(path) did not end the job in its time; whether it runs is not known")
            }
        }
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
