import Glibc

/// A port that never answers: its queue of connections is full, so the kernel drops whoever wants in, as a firewall would.
package final class FullListener: Sendable {
    package let port: Int
    private let listener: ListeningSocket
    private let waiting: [Int32]

    package init() throws {
        listener = try ListeningSocket()
        port = listener.port
        listen(listener.descriptor, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        waiting = (0..<8).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return descriptor
        }
    }

    deinit { for descriptor in waiting { close(descriptor) } }
}
