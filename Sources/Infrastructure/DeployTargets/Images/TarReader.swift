/// Reads a tar archive as it comes, in pieces of any size: ustar with the extensions that Go's and GNU's writers use (pax headers, long
/// names, numbers in base 256). What it reads is hostile: every number is looked at, and every buffer has a bound.
/// (POSIX.1-2017, pax: "ustar Interchange Format", "pax Interchange Format".)
struct TarReader {
    private enum Part {
        case header
        case content(Content, left: Int)
        case padding(Int)
        case end
    }

    /// What a header announced: a file's bytes go out, an extension is kept, anything else is passed over.
    private enum Content { case file, other, longName, longTarget, pax }

    private static let block = 512
    /// Of one extension header, which may hold attributes of a file beside its name.
    private static let mostExtension = 1 << 20

    private var part = Part.header
    private var kept: [UInt8] = []
    /// Of the block that is read: behind its content.
    private var padding = 0
    /// For the next entry, from extensions before it.
    private var path: [UInt8]?
    private var target: [UInt8]?
    private var size: Int?

    /// - Throws: for what is no archive; and what `event` throws.
    mutating func take(_ bytes: [UInt8], _ event: (TarEvent) throws(ImageError) -> Void) throws(ImageError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch part {
            case .end: return
            case .header:
                kept += take(Self.block - kept.count, &rest)
                guard kept.count == Self.block else { return }
                let header = kept
                kept = []
                try begin(header, event)
            case .content(let content, let left):
                let piece = take(left, &rest)
                switch content {
                case .file: try event(.bytes(piece))
                case .other: break
                case .longName, .longTarget, .pax: kept += piece
                }
                part = .content(content, left: left - piece.count)
                if piece.count == left { try end(content, event) }
            case .padding(let left):
                let piece = take(left, &rest)
                part = piece.count == left ? .header : .padding(left - piece.count)
            }
        }
    }

    /// After the last piece.
    func finish() throws(ImageError) {
        guard case .end = part else { throw ImageError("its archive is cut off", isTransient: true) }
    }

    private func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let piece = rest.prefix(count)
        rest = rest.dropFirst(piece.count)
        return piece
    }

    // MARK: Headers

    private mutating func begin(_ header: [UInt8], _ event: (TarEvent) throws(ImageError) -> Void) throws(ImageError) {
        if header.allSatisfy({ $0 == 0 }) {
            part = .end
            return
        }
        let sum = header.enumerated().reduce(0) { $0 + Int((148..<156).contains($1.offset) ? 0x20 : $1.element) }
        guard try number(header[148..<156]) == sum else { throw ImageError("its archive is damaged: a header's sum is wrong") }
        let type = header[156]
        let announced = try number(header[124..<136])
        switch Unicode.Scalar(type) {
        case "L": try extend(.longName, announced, event)
        case "K": try extend(.longTarget, announced, event)
        case "x": try extend(.pax, announced, event)
        default: try beginEntry(header, Unicode.Scalar(type), announced, event)
        }
    }

    private mutating func extend(
        _ content: Content, _ size: Int, _ event: (TarEvent) throws(ImageError) -> Void
    ) throws(ImageError) {
        guard size <= Self.mostExtension else { throw ImageError("its archive has a header of \(size) bytes") }
        try read(content, size, event)
    }

    private mutating func beginEntry(
        _ header: [UInt8], _ type: Unicode.Scalar, _ announced: Int, _ event: (TarEvent) throws(ImageError) -> Void
    ) throws(ImageError) {
        let size = self.size ?? announced
        let entry = TarEntry(path: path ?? Self.name(in: header), kind: .other)
        let target = self.target ?? Self.text(header[157..<257])
        if type != "g" { (path, self.target, self.size) = (nil, nil, nil) }
        // Before ustar, a folder was a file whose name ends with a slash.
        let endsWithSlash = entry.path.last == UInt8(ascii: "/")
        switch type {
        case "\0" where endsWithSlash, "0" where endsWithSlash, "7" where endsWithSlash:
            try event(.entry(TarEntry(path: entry.path, kind: .folder)))
            try read(.other, size, event)
        case "\0", "0", "7":
            let isExecutable = try number(header[100..<108]) & 0o111 != 0
            try event(.entry(TarEntry(path: entry.path, kind: .file(size: size, isExecutable: isExecutable))))
            try read(.file, size, event)
        // These have no content, whatever their size says.
        case "1": try event(.entry(TarEntry(path: entry.path, kind: .hardLink(to: target))))
        case "2": try event(.entry(TarEntry(path: entry.path, kind: .symbolicLink(to: target))))
        case "5": try event(.entry(TarEntry(path: entry.path, kind: .folder)))
        case "3", "4", "6": try event(.entry(entry))
        // Of all entries that follow: comments.
        case "g": try read(.other, announced, event)
        default: throw ImageError("its archive has an entry of a type that is not read: \(type.value)")
        }
    }

    private mutating func read(
        _ content: Content, _ size: Int, _ event: (TarEvent) throws(ImageError) -> Void
    ) throws(ImageError) {
        padding = (Self.block - size % Self.block) % Self.block
        part = .content(content, left: size)
        if size == 0 { try end(content, event) }
    }

    private mutating func end(_ content: Content, _ event: (TarEvent) throws(ImageError) -> Void) throws(ImageError) {
        part = padding == 0 ? .header : .padding(padding)
        let bytes = kept
        kept = []
        switch content {
        case .file: try event(.fileEnd)
        case .other: break
        case .longName: path = Self.text(bytes[...])
        case .longTarget: target = Self.text(bytes[...])
        case .pax: try readPax(bytes)
        }
    }

    /// Records of a length, a space, a name, `=`, a value and a line end.
    private mutating func readPax(_ bytes: [UInt8]) throws(ImageError) {
        let damaged = ImageError("its archive is damaged: an extended header cannot be read")
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: 0x20), let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 2, length <= rest.count
            else { throw damaged }
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { throw damaged }
            let value = record[(equals + 1)...]
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": path = Array(value)
            case "linkpath": target = Array(value)
            case "size":
                guard let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else { throw damaged }
                size = number
            case let name where name.hasPrefix("GNU.sparse"): throw ImageError("its archive has a sparse file, which is not read")
            default: break
            }
            rest = rest.dropFirst(length)
        }
    }

    // MARK: Fields

    private static func name(in header: [UInt8]) -> [UInt8] {
        let name = text(header[0..<100])
        // Only ustar has a prefix there.
        guard header[257..<262].elementsEqual("ustar".utf8), header[262] == 0 else { return name }
        let prefix = text(header[345..<500])
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    /// Up to the first NUL.
    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// Octal digits, or base 256 when the highest bit is set.
    private func number(_ field: ArraySlice<UInt8>) throws(ImageError) -> Int {
        let damaged = ImageError("its archive is damaged: a number in a header cannot be read")
        guard let first = field.first else { throw damaged }
        if first & 0x80 != 0 {
            // At most 2^55, and none below zero.
            guard first == 0x80, field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { throw damaged }
            return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        guard digits.count <= 12, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { throw damaged }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }
}
