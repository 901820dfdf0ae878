import Dispatch
import Glibc
import Synchronization

/// Stands between a client and a server, on a port of 127.0.0.1 or a Unix socket, and writes down what the client sends.
package final class RecordingRelay: Sendable {
    /// What it does to what passes.
    package enum Manner: Sendable {
        case faithful
        /// The server's bytes come one at a time, with a pause between them.
        case trickling(milliseconds: Int32)
        /// The client's first message is answered by these bytes, and the server hears nothing of it.
        case answering([UInt8])
    }

    package enum Place: Sendable {
        case port(Int)
        case path(String)
    }

    private struct State {
        var sent: [[UInt8]] = []
        var isStopped = false
    }

    /// Where clients connect; 0 for a Unix socket.
    package let port: Int
    private let listener: ListeningSocket
    private let server: Place?
    private let manner: Manner
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: Of a Unix socket to listen on; nil: a free port.
    ///   - server: nil: there is none behind it, and everything is only written down.
    package init(at path: String? = nil, to server: Place?, _ manner: Manner = .faithful) throws {
        listener = try path.map { try ListeningSocket(unix: $0) } ?? ListeningSocket()
        port = listener.port
        self.server = server
        self.manner = manner
        // Threads of its own: what it does with a connection blocks.
        DispatchQueue(label: "relay").async { [self] in accept() }
    }

    /// What each connection's client has sent, in the order in which they came.
    package var sent: [[UInt8]] { state.withLock(\.sent) }
    package var connections: Int { state.withLock(\.sent.count) }

    /// Ends all connections, and refuses new ones.
    package func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
    }

    private func accept() {
        while !state.withLock(\.isStopped) {
            var entry = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 20) > 0 else { continue }
            let client = Glibc.accept(listener.descriptor, nil, nil)
            guard client >= 0 else { continue }
            let index = state.withLock { state in
                state.sent.append([])
                return state.sent.count - 1
            }
            DispatchQueue(label: "relay connection").async { [self] in
                serve(client, index)
                close(client)
            }
        }
    }

    private func serve(_ client: Int32, _ index: Int) {
        let upstream = server.map(Self.connect) ?? -1
        defer { if upstream >= 0 { close(upstream) } }
        var answers: [UInt8]? = if case .answering(let bytes) = manner { bytes } else { nil }
        while !state.withLock(\.isStopped) {
            var entries = [
                pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: upstream, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&entries, upstream >= 0 ? 2 : 1, 20) > 0 else { continue }
            if entries[0].revents != 0 {
                let bytes = Self.read(client)
                guard !bytes.isEmpty else { return }
                state.withLock { $0.sent[index] += bytes }
                if let answer = answers {
                    answers = nil
                    guard Self.write(client, answer) else { return }
                } else if upstream >= 0 {
                    guard Self.write(upstream, bytes) else { return }
                }
            }
            if upstream >= 0, entries[1].revents != 0 {
                let bytes = Self.read(upstream)
                guard !bytes.isEmpty, pass(bytes, to: client) else { return }
            }
        }
    }

    private func pass(_ bytes: [UInt8], to client: Int32) -> Bool {
        guard case .trickling(let milliseconds) = manner else { return Self.write(client, bytes) }
        for byte in bytes {
            guard !state.withLock(\.isStopped), Self.write(client, [byte]) else { return false }
            poll(nil, 0, milliseconds)
        }
        return true
    }

    private static func connect(_ place: Place) -> Int32 {
        let descriptor: Int32, result: Int32
        switch place {
        case .path(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            result = UnixAddress.with(path) { Glibc.connect(descriptor, $0, $1) }
        case .port(let port):
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        if result != 0 { close(descriptor) }
        return result == 0 ? descriptor : -1
    }

    private static func read(_ descriptor: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
