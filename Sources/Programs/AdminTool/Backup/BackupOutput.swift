import Glibc
import PlatformModel

/// A file that gets its name when it is whole.
final class BackupOutput {
    private let path: String
    private let descriptor: Int32
    private(set) var count: Int64 = 0

    private var partPath: String { path + ".part" }

    init(_ path: String) throws {
        self.path = path
        // Of a run that was killed.
        unlink(path + ".part")
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure() }
            done += written
        }
        count += Int64(bytes.count)
    }

    func finish() throws {
        guard fsync(descriptor) == 0 else { throw failure() }
        // Not over one that came meanwhile.
        guard link(partPath, path) == 0 else { throw failure() }
        unlink(partPath)
    }

    func discard() { unlink(partPath) }

    private func failure() -> ErrorBody {
        ErrorBody(error: "ADM-031", message: "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}

/// A file that is read from its beginning to its end.
final class BackupInput {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
    }

    deinit { close(descriptor) }

    /// The next so many bytes; fewer at the end.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count), done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + done }, count - done)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure() }
            if got == 0 { break }
            done += got
        }
        return Array(bytes.prefix(done))
    }

    private func failure() -> ErrorBody {
        ErrorBody(error: "ADM-032", message: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
