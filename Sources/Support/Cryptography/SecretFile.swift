import Glibc

/// A secret that an administrator or systemd keeps in a file of its own: a bind password, a root key.
package enum SecretFile {
    package enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case unreadable(path: String, reason: String)
        case tooOpen(path: String, mode: UInt32)
        case tooLong(path: String, limit: Int)
        case empty(path: String)

        package var description: String {
            switch self {
            case .unreadable(let path, let reason): "\(path): \(reason)"
            case .tooOpen(let path, let mode):
                "\(path): mode \(String(mode, radix: 8)) lets every user read the secret; run chmod o-rwx \(path)"
            case .tooLong(let path, let limit): "\(path): longer than \(limit) bytes, so this is not the secret"
            case .empty(let path): "\(path): the file is empty"
            }
        }
    }

    /// Reads a whole file of at most `limit` bytes. One newline at the end is not part of the secret when it is text.
    package static func read(_ path: String, limit: Int = 4096, trimNewline: Bool = true) throws(Failure) -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        guard status.st_mode & 0o007 == 0 else { throw .tooOpen(path: path, mode: status.st_mode & 0o7777) }
        var bytes = [UInt8](repeating: 0, count: limit + 1), count = 0
        while count <= limit {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, limit + 1 - count)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
            if got == 0 { break }
            count += got
        }
        defer { bytes.wipe() }
        guard count <= limit else { throw .tooLong(path: path, limit: limit) }
        if trimNewline, count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        guard count > 0 else { throw .empty(path: path) }
        return SecretBytes(bytes[..<count])
    }
}
