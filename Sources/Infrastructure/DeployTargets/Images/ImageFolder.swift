import Glibc

/// The folder that unpacked images are kept in, one folder each by the image's id. Several runners of a host may share it: who uses an
/// image holds a shared lock on its folder, who makes or removes one an exclusive lock; the kernel takes both back from the dead.
struct ImageFolder: Sendable {
    /// Every user may go through it.
    let path: String

    private static let root = "root", size = "bytes", partial = "partial-"

    /// The root file system of an image that is there.
    func root(of id: String) -> String { "\(path)/\(id)/\(Self.root)" }

    /// Makes the folder, and removes what processes left behind that died while they unpacked.
    func prepare() throws(ImageError) {
        if mkdir(path, 0o755) != 0, errno != EEXIST { throw .system(path, errno) }
        guard chmod(path, 0o755) == 0 else { throw .system(path, errno) }
        for name in FolderRemoval.entries(of: path) where name.hasPrefix(Self.partial) {
            guard let lock = Self.lock("\(path)/\(name)", LOCK_EX) else { continue }
            FolderRemoval.remove("\(path)/\(name)")
            close(lock)
        }
    }

    /// Nil when the image is not there, or is being removed.
    func lease(_ id: String) -> ImageLease? {
        let folder = "\(path)/\(id)"
        guard let lock = Self.lock(folder, LOCK_SH) else { return nil }
        // It may have been removed, and made anew, before the lock was there.
        guard Self.isSame(lock, folder) else {
            close(lock)
            return nil
        }
        // The time of its last use.
        futimens(lock, nil)
        return ImageLease(descriptor: lock)
    }

    /// Whether the image is there, leased or not.
    func isThere(_ id: String) -> Bool { access("\(path)/\(id)", F_OK) == 0 }

    /// A folder to unpack into, with its lock.
    func begin() throws(ImageError) -> (folder: String, lease: ImageLease) {
        let folder = "\(path)/\(Self.partial)\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        guard mkdir(folder, 0o700) == 0 else { throw .system(folder, errno) }
        guard let lock = Self.lock(folder, LOCK_EX), mkdir("\(folder)/\(Self.root)", 0o755) == 0,
            chmod("\(folder)/\(Self.root)", 0o755) == 0
        else { throw .system(folder, errno) }
        return (folder, ImageLease(descriptor: lock))
    }

    static func root(inPartial folder: String) -> String { "\(folder)/\(root)" }

    /// From now on it is there. Somebody else's who was faster is as good.
    func complete(_ partial: String, id: String, bytes: Int) throws(ImageError) {
        let note = "\(partial)/\(Self.size)"
        let file = open(note, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system(note, errno) }
        let text = Array("\(bytes)".utf8)
        let written = write(file, text, text.count)
        close(file)
        guard written == text.count, chmod(partial, 0o755) == 0 else { throw .system(note, errno) }
        guard rename(partial, "\(path)/\(id)") == 0 || errno == EEXIST || errno == ENOTEMPTY else {
            throw .system("\(path)/\(id)", errno)
        }
    }

    /// Removes images that nobody uses, those that were not used for longest first, until the others and `bytes` more are within `total`.
    ///
    /// - Returns: whether that is so now.
    func makeRoom(for bytes: Int, within total: Int) -> Bool {
        var images: [(name: String, bytes: Int, used: Int)] = []
        for name in FolderRemoval.entries(of: path) where !name.hasPrefix(Self.partial) {
            var info = stat()
            guard lstat("\(path)/\(name)", &info) == 0 else { continue }
            images.append((name, Self.bytes(of: "\(path)/\(name)"), Int(info.st_mtim.tv_sec)))
        }
        var sum = images.reduce(bytes) { $0 + $1.bytes }
        for image in images.sorted(by: { $0.used < $1.used }) where sum > total {
            if remove(image.name) { sum -= image.bytes }
        }
        return sum <= total
    }

    /// False when it is in use.
    private func remove(_ name: String) -> Bool {
        let folder = "\(path)/\(name)"
        guard let lock = Self.lock(folder, LOCK_EX) else { return access(folder, F_OK) != 0 }
        defer { close(lock) }
        // From here on nobody finds it; were this process to die now, `prepare` removes the rest.
        let doomed = "\(path)/\(Self.partial)\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        guard Self.isSame(lock, folder), rename(folder, doomed) == 0 else { return false }
        FolderRemoval.remove(doomed)
        return true
    }

    private static func bytes(of folder: String) -> Int {
        let file = open("\(folder)/\(size)", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 24)
        let count = read(file, &text, text.count)
        return count > 0 ? Int(String(decoding: text.prefix(count), as: UTF8.self)) ?? 0 : 0
    }

    /// Nil when it is not there, or somebody holds it otherwise.
    private static func lock(_ folder: String, _ kind: Int32) -> Int32? {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        if flock(descriptor, kind | LOCK_NB) == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var one = stat(), other = stat()
        return fstat(descriptor, &one) == 0 && lstat(path, &other) == 0 && one.st_ino == other.st_ino
            && one.st_dev == other.st_dev
    }
}
