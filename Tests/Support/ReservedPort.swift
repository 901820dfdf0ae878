import Glibc

/// A TCP port of 127.0.0.1 that is kept for a server of the test, from before its start until after its end.
///
/// It is bound here and never listened on, so the kernel gives it to nobody else; a server that sets SO_REUSEADDR, as all here do,
/// binds it all the same. While no server listens on it, connections are refused. A port that was only looked at would be somebody
/// else's now and then.
package final class ReservedPort: Sendable {
    package let number: Int
    private let descriptor: Int32

    package init() throws {
        // Close-on-exec from the start: a child that inherited it would hold the port for as long as it lives.
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1, address = sockaddr_in(), size = socklen_t(MemoryLayout<sockaddr_in>.size)
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let descriptor = descriptor
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)) == 0
                    && bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
            }
        }
        // All is set, so `deinit` closes it.
        number = Int(UInt16(bigEndian: address.sin_port))
        guard bound else { throw SystemFailure("a port", errno) }
    }

    deinit { close(descriptor) }
}
