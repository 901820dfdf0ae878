import Glibc
import TestSupport

/// A Unix socket of this machine that has no file: reached by everyone in the same network namespace.
final class AbstractListener: Sendable {
    let name: String
    private let descriptor: Int32

    init() throws {
        name = "martlet-test-\(UInt64.random(in: 0 ... .max))"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: name.utf8) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0, listen(descriptor, 5) == 0 else { throw SystemFailure("bind", errno) }
    }

    deinit { close(descriptor) }
}
