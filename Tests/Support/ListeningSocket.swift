import Glibc

/// A listening socket that the test holds and passes on, as systemd does with a socket unit.
package final class ListeningSocket: Sendable {
    package let descriptor: Int32
    /// 0 for a Unix socket.
    package let port: Int

    /// A Unix socket that everybody may connect to.
    package init(unix path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        port = 0
        guard UnixAddress.with(path, { bind(descriptor, $0, $1) }) == 0, chmod(path, 0o666) == 0, listen(descriptor, 64) == 0
        else { throw SystemFailure("listen", errno) }
    }

    /// A free port of 127.0.0.1.
    package init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, pointer, &size) == 0
            }
        }
        guard result else { throw SystemFailure("listen", errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
