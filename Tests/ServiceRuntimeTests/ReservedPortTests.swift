import Glibc
import TestSupport
import Testing

@Suite struct ReservedPortTests {
    /// A listening socket on a port; its error when it is not to be had.
    private func listen(on port: Int, reusing: Bool) -> (descriptor: Int32, error: Int32) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = reusing ? 1 : 0, address = sockaddr_in()
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return (descriptor, bound == 0 && Glibc.listen(descriptor, 5) == 0 ? 0 : errno)
    }

    /// Nobody listens, nobody else gets it, and a server has it as often as it is started.
    @Test func aServerGetsItAndNobodyElse() throws {
        let port = try ReservedPort()
        #expect(throws: SystemFailure.self) { try RawClient(port: port.number) }
        let other = listen(on: port.number, reusing: false)
        #expect(other.error == EADDRINUSE)
        close(other.descriptor)
        for _ in 0..<2 {
            let server = listen(on: port.number, reusing: true)
            #expect(server.error == 0)
            _ = try RawClient(port: port.number)
            close(server.descriptor)
            #expect(throws: SystemFailure.self) { try RawClient(port: port.number) }
        }
        withExtendedLifetime(port) {}
    }
}
