import Glibc

/// An open output file of a container. It stays open when conmon rotates it away, so that its end can still be read.
final class OutputFile {
    let inode: UInt64
    private let descriptor: Int32

    init?(path: String) {
        let opened = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { return nil }
        var info = stat()
        guard fstat(opened, &info) == 0 else {
            close(opened)
            return nil
        }
        descriptor = opened
        inode = UInt64(info.st_ino)
    }

    deinit { close(descriptor) }

    var size: Int64 {
        var info = stat()
        return fstat(descriptor, &info) == 0 ? Int64(info.st_size) : 0
    }

    /// The beginning of the file, as it is.
    func bytes(limit: Int) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return Array(buffer.prefix(max(0, count)))
    }

    /// Whole lines from an offset, at most about `limit` bytes; a line that is longer than that comes in pieces.
    func lines(from offset: Int64, limit: Int) -> (lines: [ArraySlice<UInt8>], next: Int64) {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        guard count > 0 else { return ([], offset) }
        let bytes = buffer[..<count]
        guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            // conmon has not finished its line; only a foreign line fills the whole buffer, and it is passed over.
            return count == limit ? ([], offset + Int64(count)) : ([], offset)
        }
        let lines = bytes[..<last].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return (lines, offset + Int64(last) + 1)
    }
}
