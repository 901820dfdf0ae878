import AuditRules
import Glibc

/// Where the signed ends of the chain are kept outside of the database: one line each, added at the end, two files at most.
struct HeadFile: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Beyond that the file becomes the older one of the two. Some weeks of a line a minute.
    private static let longest = 8 << 20

    let path: String

    /// The newest; nil where there is none.
    func last() -> AuditMark? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let end = lseek(file, 0, SEEK_END), size = min(end, 4096)
        guard size > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        guard pread(file, &bytes, bytes.count, end - size) == bytes.count else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").reversed().lazy.compactMap { AuditMark(line: $0) }
            .first
    }

    func append(_ head: AuditMark) throws(Failure) {
        var status = stat()
        if stat(path, &status) == 0, status.st_size > Self.longest {
            guard rename(path, path + ".1") == 0 else { throw failure() }
        }
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw failure() }
        defer { close(file) }
        let line = Array((head.line + "\n").utf8)
        guard write(file, line, line.count) == line.count, fsync(file) == 0 else { throw failure() }
    }

    private func failure() -> Failure { Failure(description: "\(path): \(String(cString: strerror(errno)))") }
}
