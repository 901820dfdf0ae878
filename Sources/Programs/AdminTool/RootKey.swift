import Cryptography
import Glibc
import PlatformModel
import ServiceRuntime

/// The broker's root key: 32 random bytes that only the broker's user can read.
enum RootKey {
    /// False when the file is there already; it is never replaced.
    static func ensure(at path: String, owner: String) throws -> Bool {
        guard let uid = UnixAccount.uid(of: owner) else {
            throw ErrorBody(
                error: "ADM-001",
                message: "root_key.owner: there is no user '\(owner)' on this machine; create it, or name another")
        }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o400)
        if file < 0 {
            if errno == EEXIST { return false }
            throw failure(path)
        }
        defer { close(file) }
        let key = try RandomBytes.make(32)
        let written = key.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written == key.count, fchown(file, uid, UInt32.max) == 0, fsync(file) == 0 else {
            let problem = failure(path)
            unlink(path)
            throw problem
        }
        return true
    }

    private static func failure(_ path: String) -> ErrorBody {
        ErrorBody(error: "ADM-002", message: "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
