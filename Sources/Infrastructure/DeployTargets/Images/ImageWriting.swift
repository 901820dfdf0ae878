import Glibc

/// Writes an image's files below one folder, and nothing anywhere else, whatever the archive says: names that lead out are refused, no
/// link is gone through, devices are left out, nothing gets setuid. Everything belongs to this process's user, and everybody may read it.
struct ImageWriting {
    private static let mostParts = 128, mostPath = 4000, blockBytes = 4096

    /// What it takes on the disk, about: whole blocks.
    private(set) var bytes = 0
    private let root: Int32
    private let limits: ImageLimits
    private var reader = TarReader()
    private var entries = 0
    /// The file that is written; -1 between files.
    private var file: Int32 = -1
    private var isExecutable = false

    init(_ folder: String, _ limits: ImageLimits) throws(ImageError) {
        root = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { throw .system(folder, errno) }
        self.limits = limits
    }

    mutating func close() {
        Glibc.close(root)
        if file >= 0 { Glibc.close(file) }
        file = -1
    }

    mutating func take(_ piece: [UInt8]) throws(ImageError) {
        var current = TarReader()
        swap(&current, &reader)
        try current.take(piece) { event throws(ImageError) in try handle(event) }
        reader = current
    }

    func finish() throws(ImageError) { try reader.finish() }

    private mutating func handle(_ event: TarEvent) throws(ImageError) {
        switch event {
        case .entry(let entry): try make(entry)
        case .bytes(let bytes): try write(bytes, to: file)
        case .fileEnd:
            let whole = file
            file = -1
            defer { Glibc.close(whole) }
            guard fchmod(whole, isExecutable ? 0o555 : 0o444) == 0 else { throw .system("a file's mode", errno) }
        }
    }

    private mutating func make(_ entry: TarEntry) throws(ImageError) {
        entries += 1
        bytes += Self.blockBytes
        if case .file(let size, _) = entry.kind {
            guard size <= limits.imageBytes else { throw tooLarge }
            bytes += (size + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes
        }
        guard bytes <= limits.imageBytes else { throw tooLarge }
        guard entries <= limits.entries else { throw ImageError("it has more than \(limits.entries) files") }

        let parts = try parts(of: entry.path)
        guard let name = parts.last else {
            // The root itself.
            guard case .folder = entry.kind else { throw refusal(entry.path, "names no file") }
            return
        }
        let folder = try openFolder(parts.dropLast(), makes: true, entry.path)
        defer { Glibc.close(folder) }
        switch entry.kind {
        case .folder: Glibc.close(try openNext(name, in: folder, makes: true, entry.path))
        case .file(_, let isExecutable):
            file = openat(folder, Self.text(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            self.isExecutable = isExecutable
            guard file >= 0 else { throw failure(entry.path, errno) }
        case .symbolicLink(let target):
            guard (1...Self.mostPath).contains(target.count), !target.contains(0) else {
                throw refusal(entry.path, "is a link to nothing that can be named")
            }
            // It is only ever followed in a sandbox, whose root is this folder.
            guard symlinkat(Self.text(target[...]), folder, Self.text(name)) == 0 else { throw failure(entry.path, errno) }
        case .hardLink(let target): try link(target, to: name, in: folder, entry.path)
        case .other: break
        }
    }

    private var tooLarge: ImageError {
        ImageError(
            "it is larger than \(limits.imageBytes >> 20) MiB, the limit of this runner (exec.images.image_mib in runner.yaml)")
    }

    private func link(_ target: [UInt8], to name: ArraySlice<UInt8>, in folder: Int32, _ path: [UInt8]) throws(ImageError) {
        let parts = try parts(of: target)
        guard let last = parts.last else { throw refusal(path, "is a link to a folder") }
        let source = try openFolder(parts.dropLast(), makes: false, path)
        defer { Glibc.close(source) }
        var info = stat()
        guard fstatat(source, Self.text(last), &info, AT_SYMLINK_NOFOLLOW) == 0 else { throw failure(path, errno) }
        let kind = info.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFLNK else { throw refusal(path, "is a link to what is no file") }
        // Without following: a link to a link is one more name of that link.
        guard linkat(source, Self.text(last), folder, Self.text(name), 0) == 0 else { throw failure(path, errno) }
    }

    private func write(_ bytes: ArraySlice<UInt8>, to file: Int32) throws(ImageError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("a file could not be written", errno) }
            rest = rest.dropFirst(count)
        }
    }

    // MARK: Paths

    /// - Throws: for a path that is absolute, has `..` or a NUL, or is too long.
    private func parts(of path: [UInt8]) throws(ImageError) -> [ArraySlice<UInt8>] {
        let parts = path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        if path.first == UInt8(ascii: "/") || parts.contains(where: { $0.elementsEqual("..".utf8) }) {
            throw refusal(path, "leads out of the image")
        }
        if path.contains(0) { throw refusal(path, "holds a NUL") }
        guard path.count <= Self.mostPath, parts.count <= Self.mostParts, parts.allSatisfy({ $0.count <= 255 }) else {
            throw refusal(path, "is too long, or too deep")
        }
        return parts
    }

    /// One part after the other, none of them a link.
    private func openFolder(
        _ parts: ArraySlice<ArraySlice<UInt8>>, makes: Bool, _ path: [UInt8]
    ) throws(ImageError) -> Int32 {
        var folder = fcntl(root, F_DUPFD_CLOEXEC, 0)
        guard folder >= 0 else { throw failure(path, errno) }
        for part in parts {
            let before = folder
            defer { Glibc.close(before) }
            folder = try openNext(part, in: before, makes: makes, path)
        }
        return folder
    }

    private func openNext(
        _ name: ArraySlice<UInt8>, in folder: Int32, makes: Bool, _ path: [UInt8]
    ) throws(ImageError) -> Int32 {
        let isNew = makes && mkdirat(folder, Self.text(name), 0o700) == 0
        if makes, !isNew, errno != EEXIST { throw failure(path, errno) }
        let next = openat(folder, Self.text(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard next >= 0 else {
            if errno == ELOOP || errno == ENOTDIR { throw refusal(path, "leads through a link or a file") }
            throw failure(path, errno)
        }
        // Others read; the owner writes, so that it can be removed.
        if isNew, fchmod(next, 0o755) != 0 {
            let code = errno
            Glibc.close(next)
            throw failure(path, code)
        }
        return next
    }

    private func failure(_ path: [UInt8], _ code: Int32) -> ImageError {
        code == EEXIST ? refusal(path, "is there twice") : .system("its entry '\(Self.shown(path))'", code)
    }

    private func refusal(_ path: [UInt8], _ reason: String) -> ImageError {
        ImageError("its entry '\(Self.shown(path))' \(reason)")
    }

    /// For messages: short, and of printable characters.
    private static func shown(_ path: [UInt8]) -> String {
        String(decoding: path.prefix(80).filter { $0 >= 0x20 && $0 != 0x7f }, as: UTF8.self)
    }

    private static func text(_ part: ArraySlice<UInt8>) -> [CChar] { part.map(CChar.init(bitPattern:)) + [0] }
}
