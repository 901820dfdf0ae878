import CSystemd  // Its headers own SOCK_STREAM and its like in this module graph.
import Glibc

/// A listening Unix socket that this process made, and its file.
struct UnixSocketFile: Sendable {
    let path: String
    let descriptor: Int32
    private let identity: Identity

    /// The change time, too: the number of an inode that is gone is soon given again.
    private struct Identity: Sendable, Hashable {
        let device: UInt
        let inode: UInt
        let seconds: Int
        let nanoseconds: Int

        init(_ info: stat) {
            device = UInt(info.st_dev)
            inode = UInt(info.st_ino)
            seconds = info.st_ctim.tv_sec
            nanoseconds = info.st_ctim.tv_nsec
        }
    }

    /// Binds with nobody but the owner admitted, sets group and mode, then listens. A file that nobody listens on is replaced; a live
    /// socket is not taken from its owner.
    init(path: String, mode: UInt32, group: UInt32?, backlog: Int32) throws(ListenerError) {
        try Self.makeWay(for: path)
        let descriptor = try Self.socket()
        do throws(ListenerError) {
            // The file gets the socket's own mode (unix(7)). A narrower umask would be the whole process's, and every file and child
            // that another thread makes at that moment would have it.
            guard fchmod(descriptor, 0o600) == 0 else { throw Self.failure("set the mode of", path) }
            guard Self.withAddress(path, { bind(descriptor, $0, $1) }) == 0 else { throw Self.failure("bind", path) }
            if let group, chown(path, uid_t.max, group) != 0 { throw Self.failure("set the group of", path) }
            guard chmod(path, mode) == 0 else { throw Self.failure("set the mode of", path) }
            guard listen(descriptor, backlog) == 0 else { throw Self.failure("listen on", path) }
            var info = stat()
            guard stat(path, &info) == 0 else { throw Self.failure("look at", path) }
            identity = Identity(info)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Removes the file, unless another process has put its own there since.
    func remove() {
        var info = stat()
        guard lstat(path, &info) == 0, Identity(info) == identity else { return }
        unlink(path)
    }

    private static func makeWay(for path: String) throws(ListenerError) {
        var info = stat()
        guard lstat(path, &info) == 0 else {
            if errno == ENOENT { return }
            throw failure("look at", path)
        }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenerError("\(path) exists and is no socket; remove it or choose another `socket`")
        }
        let probe = try socket()
        defer { close(probe) }
        if withAddress(path, { connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
            throw ListenerError("another process is listening on \(path); stop it first")
        }
        guard errno == ECONNREFUSED else { throw failure("probe", path) }
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove the dead", path) }
    }

    private static func socket() throws(ListenerError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw ListenerError("no socket can be made: \(String(cString: strerror(errno)))") }
        return descriptor
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            // One byte stays for the NUL; the configuration has checked the length.
            target.copyBytes(from: path.utf8.prefix(target.count - 1))
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    private static func failure(_ verb: String, _ path: String) -> ListenerError {
        ListenerError("cannot \(verb) the socket \(path): \(String(cString: strerror(errno)))")
    }
}
