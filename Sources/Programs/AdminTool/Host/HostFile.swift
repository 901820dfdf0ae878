import FoundationEssentials
import Glibc
import PlatformModel

/// Files of this host that are there whole or not at all, whenever the machine stops.
enum HostFile {
    struct Owner: Hashable {
        var uid: UInt32
        var gid: UInt32 = .max
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a file that is not there yet.
    /// - Returns: False where there is one already, which stays as it is.
    static func create(_ path: String, _ bytes: [UInt8], mode: UInt32, owner: Owner) throws -> Bool {
        try place(path, bytes, mode: mode, owner: owner) { new in
            if link(new, path) == 0 { return true }
            guard errno == EEXIST else { throw failure(path) }
            return false
        }
    }

    /// Puts a file in the place of the one that is there, if any; with its owner and mode, unless others are given.
    static func replace(_ path: String, _ bytes: [UInt8], mode: UInt32? = nil, owner: Owner? = nil) throws {
        var status = stat()
        let isThere = stat(path, &status) == 0
        let kept = isThere ? Owner(uid: status.st_uid, gid: status.st_gid) : Owner(uid: geteuid())
        _ = try place(path, bytes, mode: mode ?? (isThere ? status.st_mode & 0o777 : 0o644), owner: owner ?? kept) { new in
            guard rename(new, path) == 0 else { throw failure(path) }
            return true
        }
    }

    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw ErrorBody(error: "ADM-002", message: "cannot make \(path): \(error)")
        }
    }

    static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ErrorBody(error: "ADM-002", message: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// A file with what a backup keeps about it.
    static func read(_ path: String, as name: String) throws -> (bytes: [UInt8], record: BackupRecord) {
        var status = stat()
        guard stat(path, &status) == 0, let data = FileManager.default.contents(atPath: path) else {
            throw ErrorBody(error: "ADM-002", message: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        let record = BackupRecord(
            kind: .file, name: name, owner: UnixNames.user(status.st_uid), group: UnixNames.group(status.st_gid),
            mode: status.st_mode & 0o777)
        return (Array(data), record)
    }

    /// Keeps it beside its place, for whoever wants it back. An earlier one that was kept goes.
    static func putAside(_ path: String) throws {
        guard rename(path, path + BackupPlaces.keptSuffix) == 0 else { throw failure(path) }
    }

    /// Writes the file beside its place, one run of this program at a time, and has it put there.
    private static func place(
        _ path: String, _ bytes: [UInt8], mode: UInt32, owner: Owner, _ put: (String) throws -> Bool
    ) throws -> Bool {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let lock = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw failure(path) }
        // Closing gives the lock back.
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw failure(path) }
        let new = path + ".new"
        // Of a run that was killed.
        unlink(new)
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        defer { unlink(new) }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            done += count
        }
        guard fchown(file, owner.uid, owner.gid) == 0, fchmod(file, mode) == 0, fsync(file) == 0 else { throw failure(path) }
        let isPut = try put(new)
        fsync(lock)
        return isPut
    }

    private static func failure(_ path: String) -> ErrorBody {
        ErrorBody(error: "ADM-002", message: "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
