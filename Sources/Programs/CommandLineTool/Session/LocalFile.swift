import Glibc
import PlatformModel

/// Files of the user: read within a bound, and written so that nobody else can read them.
enum LocalFile {
    struct Failure: Error, CustomStringConvertible {
        let path: String
        let code: Int32
        static func tooLarge(_ path: String) -> Failure { Failure(path: path, code: EFBIG) }
        var isMissing: Bool { code == ENOENT }
        /// When it was to be written.
        var writing: String { "'\(path)' cannot be written: \(String(cString: strerror(code)))" }
        var description: String {
            code == EFBIG ? "'\(path)' is too large" : "'\(path)' cannot be read: \(String(cString: strerror(code)))"
        }
    }

    static func read(_ path: String, limit: Int = 4 << 20) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(path: path, code: errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw Failure(path: path, code: EISDIR) }
        guard let bytes = read(descriptor: descriptor, limit: limit, expecting: Int(status.st_size)) else {
            throw Failure(path: path, code: EFBIG)
        }
        return bytes
    }

    /// All of a descriptor; nil when it has more than `limit` bytes or cannot be read.
    static func read(descriptor: Int32, limit: Int, expecting size: Int = 64 << 10) -> [UInt8]? {
        // One byte more than a file has: then the second read finds its end.
        var all: [UInt8] = [], piece = [UInt8](repeating: 0, count: min(max(size, 511), 64 << 10) + 1)
        while all.count <= limit {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return all }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            all += piece[..<count]
        }
        return nil
    }

    /// Whether others than the owner may read it; false when it is not there.
    static func isOpenToOthers(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The folder that a file is in; `.` for a bare name.
    static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return String(file[...slash])
    }

    /// Whether it is a file (no pipe or device, which could block or never end), and lies below a folder once all links are followed.
    static func isOrdinary(_ path: String, within folder: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let found = realpath(path, nil) else { return false }
        defer { free(found) }
        guard let root = realpath(folder, nil) else { return false }
        defer { free(root) }
        let base = String(cString: root)
        return String(cString: found).hasPrefix(base == "/" ? base : base + "/")
    }

    /// Names of the entries, sorted.
    static func entries(of folder: String) throws(Failure) -> [String] {
        guard let stream = opendir(folder) else { throw Failure(path: folder, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Whether anything has that path.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Replaces the file in one step, mode 0600; makes its folder (0700) if need be.
    static func writePrivately(_ text: String, to path: String) throws(Failure) {
        try replace(path, with: text, mode: 0o600, folderMode: 0o700)
    }

    /// Replaces the file in one step, readable by others; makes its folder if need be.
    static func write(_ text: String, to path: String) throws(Failure) {
        try replace(path, with: text, mode: 0o666, folderMode: 0o777)
    }

    private static func replace(_ path: String, with text: String, mode: mode_t, folderMode: mode_t) throws(Failure) {
        var made = ""
        for part in path.split(separator: "/").dropLast() {
            made += "/\(part)"
            if !isFolder(path.hasPrefix("/") ? made : String(made.dropFirst())) {
                mkdir(path.hasPrefix("/") ? made : String(made.dropFirst()), folderMode)
            }
        }
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(path: path, code: errno) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let code = errno
                close(descriptor)
                unlink(temporary)
                throw Failure(path: path, code: code)
            }
            bytes = bytes.dropFirst(count)
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw Failure(path: path, code: errno) }
    }

    /// `path` as seen from the folder of `file`; an absolute path stays.
    static func path(_ path: String, besideFile file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// From the root, so that it holds from another working folder too.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }
}
