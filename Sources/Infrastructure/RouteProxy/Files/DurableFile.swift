import Glibc

/// Small files that are replaced as a whole: a reader, or a start after a crash, finds the old content or the new.
enum DurableFile {
    /// Bounds what is read back: a state of ten thousand routes is about 4 MB.
    static let maximumSize = 64 << 20

    static func write(_ bytes: [UInt8], to path: String) throws(RouteProxyError) {
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("creating", temporary) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw failure("writing", temporary) }
            rest = rest.dropFirst(max(0, count))
        }
        guard fsync(descriptor) == 0 else { throw failure("syncing", temporary) }
        guard rename(temporary, path) == 0 else { throw failure("replacing", path) }
        let folder = open(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("opening the folder of", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("syncing the folder of", path) }
    }

    /// Makes a folder that everybody may read (HAProxy runs as another user); its parent must exist.
    static func makeFolder(_ path: String) throws(RouteProxyError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("making", path) }
    }

    /// The content; nil when there is no such file.
    static func read(_ path: String) throws(RouteProxyError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("opening", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("reading", path)
            }
            bytes += buffer[..<count]
            guard bytes.count <= maximumSize else {
                throw RouteProxyError(.failed, "RTE-402", "\(path) is over \(maximumSize) bytes: it is not ours")
            }
        }
    }

    static func failure(_ doing: String, _ path: String) -> RouteProxyError {
        RouteProxyError(.failed, "RTE-401", "\(doing) \(path): \(String(cString: strerror(errno)))")
    }
}
