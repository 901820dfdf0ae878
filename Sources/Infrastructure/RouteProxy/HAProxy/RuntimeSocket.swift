import Glibc

/// One of HAProxy's command sockets: a connection a command, blocking, bounded in time and size. Only for threads that may
/// block.
struct RuntimeSocket: Sendable {
    let path: String
    let timeout: Duration
    /// `show servers state` of thousands of servers fits; more is not HAProxy.
    static let maximumAnswer = 16 << 20

    /// Sends one command and returns the whole answer, without the empty lines at its end.
    func command(_ text: String) throws(RouteProxyError) -> String {
        let deadline = ContinuousClock.now + timeout
        let descriptor = try connected(until: deadline)
        defer { close(descriptor) }
        try send(text, to: descriptor, until: deadline)
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while answer.count <= Self.maximumAnswer {
            try wait(for: POLLIN, on: descriptor, until: deadline)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 {
                while answer.last == UInt8(ascii: "\n") { answer.removeLast() }
                return String(decoding: answer, as: UTF8.self)
            }
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { continue }
                throw unavailable("reading an answer: \(Self.errorText)")
            }
            answer += buffer[..<count]
        }
        throw RouteProxyError(.failed, "RTE-303", "HAProxy's answer to '\(text.prefix(60))' is over \(Self.maximumAnswer) bytes")
    }

    /// Sends a command whose answer may never come: a master that reloads replaces itself, and refuses connections meanwhile.
    func post(_ text: String, waitingForListener patience: Duration) throws(RouteProxyError) {
        let deadline = ContinuousClock.now + timeout
        let descriptor = try connected(until: deadline, refusalsUntil: .now + patience)
        defer { close(descriptor) }
        try send(text, to: descriptor, until: deadline)
        // The master reads the command after it accepted; closing first could lose it.
        _ = try? wait(for: POLLIN, on: descriptor, until: min(deadline, .now + .seconds(1)))
    }

    private func connected(
        until deadline: ContinuousClock.Instant, refusalsUntil refusals: ContinuousClock.Instant = .now
    ) throws(RouteProxyError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw RouteProxyError(.invalid, "RTE-106", "socket path '\(path)' is longer than 107 bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw RouteProxyError(.failed, "RTE-304", "no socket: \(Self.errorText)") }
        while true {
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return descriptor }
            // A Unix socket whose backlog is full says EAGAIN at once: there is nothing to poll for.
            let isBusy = errno == EAGAIN || errno == EINTR, isRefused = errno == ECONNREFUSED || errno == ENOENT
            if (isBusy && ContinuousClock.now < deadline) || (isRefused && ContinuousClock.now < refusals) {
                usleep(2000)
                continue
            }
            let reason = Self.errorText
            close(descriptor)
            throw unavailable(reason)
        }
    }

    private func send(_ text: String, to descriptor: Int32, until deadline: ContinuousClock.Instant) throws(RouteProxyError) {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            try wait(for: POLLOUT, on: descriptor, until: deadline)
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EAGAIN && errno != EINTR {
                throw unavailable("sending a command: \(Self.errorText)")
            }
        }
    }

    private func wait(
        for events: Int32, on descriptor: Int32, until deadline: ContinuousClock.Instant
    ) throws(RouteProxyError) {
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { throw unavailable("no answer within \(timeout)") }
            var poll = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = Glibc.poll(&poll, 1, Int32(min(left.rounded(.up), 60_000)))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw unavailable(Self.errorText) }
        }
    }

    private func unavailable(_ reason: String) -> RouteProxyError {
        RouteProxyError(
            .unavailable, "RTE-301", "HAProxy does not answer at \(path) (\(reason)); the routes are kept and apply when it runs")
    }

    private static var errorText: String { String(cString: strerror(errno)) }
}
