import Glibc

/// A blocking socket that says and reads just what a test wants. Calls are short: the other end is on this machine.
package final class RawClient: Sendable {
    private let descriptor: Int32

    /// Connects to a Unix socket.
    package init(unix path: String) throws {
        descriptor = try Self.connected(AF_UNIX) { descriptor in UnixAddress.with(path) { connect(descriptor, $0, $1) } }
    }

    /// Connects to a port of 127.0.0.1.
    package init(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        descriptor = try Self.connected(AF_INET) { descriptor in
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    /// Static, since an `init` that throws once `descriptor` is set runs `deinit`, too: the second close would hit whatever another
    /// thread has opened under that number since.
    private static func connected(_ family: Int32, _ connect: (Int32) -> Int32) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket", errno) }
        guard connect(descriptor) == 0 else {
            let code = errno
            close(descriptor)
            throw SystemFailure("connect", code)
        }
        return descriptor
    }

    deinit { close(descriptor) }

    /// False when the connection is gone.
    @discardableResult
    package func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// What has come so far and was not read, without waiting; nil at the end of the connection.
    package func available() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10), all: [UInt8] = []
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                all += buffer[..<count]
            } else if count == 0 || errno != EAGAIN {
                return all.isEmpty ? nil : all
            } else {
                return all
            }
        }
    }

    /// Reads until the text is there or the connection ends.
    package func read(until text: String, within limit: Duration = .seconds(60)) async throws -> String {
        var all: [UInt8] = []
        return try await eventually(within: limit, "'\(text)' from the server") {
            let piece = available()
            all += piece ?? []
            let soFar = String(decoding: all, as: UTF8.self)
            return piece == nil || soFar.contains(text) ? soFar : nil
        }
    }

    /// Reads to the end of the connection.
    package func readToEnd(within limit: Duration = .seconds(60)) async throws -> Int {
        var count = 0
        try await eventually(within: limit, "the end of the connection") {
            guard let piece = available() else { return true }
            count += piece.count
            return false
        }
        return count
    }
}
