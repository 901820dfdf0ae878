import CShims
import FoundationEssentials
import Glibc

/// A folder of the runner's own that no other user of the machine can enter, and files below it that appear whole or not at all.
struct PrivateFolder: Sendable {
    let path: String

    struct Failure: Error, Sendable { let message: String }

    /// Makes the folder itself, closed to others.
    func make() throws(Failure) {
        try Self.makeFolder(path, mode: 0o700)
    }

    var isOnTmpfs: Bool { cshims_is_tmpfs(path) == 1 }

    /// Below an own folder; parents are made as needed.
    func makeFolder(_ name: String, mode: mode_t) throws(Failure) {
        var reached = path
        for part in name.split(separator: "/") {
            reached += "/" + part
            try Self.makeFolder(reached, mode: mode)
        }
    }

    private static func makeFolder(_ path: String, mode: mode_t) throws(Failure) {
        if mkdir(path, mode) != 0, errno != EEXIST { throw Failure(message: "\(path): \(describe(errno))") }
        // The umask must not decide.
        if chmod(path, mode) != 0 { throw Failure(message: "\(path): \(describe(errno))") }
    }

    /// Replaces a file as a whole.
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t) throws(Failure) {
        let target = "\(path)/\(name)", partial = target + ".partial"
        unlink(partial)
        let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(message: "\(target): \(Self.describe(errno))") }
        defer { close(file) }
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let reason = Self.describe(errno)
                unlink(partial)
                throw Failure(message: "\(target): \(reason)")
            }
            done += written
        }
        guard fchmod(file, mode) == 0, rename(partial, target) == 0 else {
            throw Failure(message: "\(target): \(Self.describe(errno))")
        }
    }

    /// An empty file that is there afterwards; what it holds stays.
    func touch(_ name: String) throws(Failure) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(message: "\(path)/\(name): \(Self.describe(errno))") }
        close(file)
    }

    func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

    var entries: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    /// Gone is done.
    func remove(_ name: String) {
        try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    func folder(_ name: String) -> PrivateFolder { PrivateFolder(path: "\(path)/\(name)") }

    static func describe(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}
