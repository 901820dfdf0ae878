import Glibc

/// A connected socket, made without libldap: only so the time that connecting takes has an end, and only so nobody but this connects.
enum DirectorySocket {
    struct Failure: Error {
        let reason: String
    }

    /// - Parameter seconds: For all of a name's addresses together.
    static func connect(to address: DirectoryAddress, seconds: Int) throws(Failure) -> Int32 {
        let deadline = milliseconds() + Int64(seconds) * 1000
        if address.scheme == .ldapi { return try connect(toPath: address.host, by: deadline) }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        guard code == 0, let first = list else {
            throw Failure(reason: "\(address.host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(first) }
        var reasons: [String] = [], next: UnsafeMutablePointer<addrinfo>? = first
        while let one = next?.pointee {
            next = one.ai_next
            guard let name = one.ai_addr else { continue }
            do throws(Failure) {
                let descriptor = try connect(one.ai_family, name, one.ai_addrlen, by: deadline)
                tune(descriptor, seconds)
                return descriptor
            } catch {
                if !reasons.contains(error.reason) { reasons.append(error.reason) }
            }
        }
        throw Failure(reason: reasons.joined(separator: ", "))
    }

    private static func connect(toPath path: String, by deadline: Int64) throws(Failure) -> Int32 {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: name.sun_path), !bytes.contains(0) else {
            throw Failure(reason: "the socket's path has more than 107 bytes")
        }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        return try withUnsafePointer(to: &name) { pointer throws(Failure) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic throws(Failure) in
                try connect(AF_UNIX, generic, socklen_t(MemoryLayout<sockaddr_un>.size), by: deadline)
            }
        }
    }

    private static func connect(
        _ family: Int32, _ name: UnsafePointer<sockaddr>, _ length: socklen_t, by deadline: Int64
    ) throws(Failure) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(reason: words(errno)) }
        do throws(Failure) {
            try wait(descriptor, Glibc.connect(descriptor, name, length) == 0 ? 0 : errno, by: deadline)
        } catch {
            close(descriptor)
            throw error
        }
        // libldap makes it what it needs.
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK)
        return descriptor
    }

    private static func wait(_ descriptor: Int32, _ begun: Int32, by deadline: Int64) throws(Failure) {
        guard begun != 0 else { return }
        guard begun == EINPROGRESS else { throw Failure(reason: words(begun)) }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while true {
            let left = deadline - milliseconds()
            guard left > 0 else { throw Failure(reason: "no answer to connecting") }
            let ready = poll(&entry, 1, Int32(clamping: left))
            if ready > 0 { break }
            if ready < 0, errno != EINTR { throw Failure(reason: words(errno)) }
        }
        var problem: Int32 = 0, size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
        if problem != 0 { throw Failure(reason: words(problem)) }
    }

    /// A connection is kept for minutes: one whose other end is gone must be noticed.
    private static func tune(_ descriptor: Int32, _ seconds: Int) {
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var wait = Int32(seconds * 1000)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &wait, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func milliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
