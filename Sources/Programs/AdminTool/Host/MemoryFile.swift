import Cryptography
import Glibc
import PlatformModel

/// A secret as a file that is on no disk and has no name: for what reads it by a path, in this process.
struct MemoryFile {
    private let descriptor: Int32

    var path: String { "/proc/self/fd/\(descriptor)" }

    init(_ secret: SecretBytes) throws {
        let name = "/dev/shm/martlet-admin-\(UInt64.random(in: 0 ... .max))"
        descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure }
        // Empty until now.
        unlink(name)
        let count = secret.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count == secret.count else {
            Glibc.close(descriptor)
            throw Self.failure
        }
    }

    func close() { Glibc.close(descriptor) }

    private static var failure: ErrorBody {
        ErrorBody(error: "ADM-002", message: "cannot keep a secret in memory: \(String(cString: strerror(errno)))")
    }
}
