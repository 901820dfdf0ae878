import Glibc

/// Removes a tree whose names may be any bytes. No link is followed.
enum FolderRemoval {
    /// The names in a folder, those that are UTF-8; none when it cannot be read.
    static func entries(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        return names(in: folder).map { String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self) }
    }

    /// Gone is done; what cannot be removed stays.
    static func remove(_ path: String) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if folder >= 0 { empty(folder) }
        if rmdir(path) != 0 { unlink(path) }
    }

    /// Takes over the descriptor. What is unpacked is at most 128 folders deep.
    private static func empty(_ descriptor: Int32) {
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(folder) }
        for name in names(in: folder) {
            if unlinkat(descriptor, name, 0) == 0 { continue }
            let next = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next >= 0 { empty(next) }
            unlinkat(descriptor, name, AT_REMOVEDIR)
        }
    }

    /// With their NUL.
    private static func names(in folder: OpaquePointer) -> [[CChar]] {
        var names: [[CChar]] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
                }
            }
            if name != [0x2e, 0], name != [0x2e, 0x2e, 0] { names.append(name) }
        }
        return names
    }
}
