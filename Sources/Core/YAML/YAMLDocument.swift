import PlatformModel

/// Reads YAML: line and column of every node, and no input that costs more than its limits.
package enum YAMLDocument {
    /// The one document of a text; an empty text is a null.
    ///
    /// `file` is the name that errors carry. Every problem that does not hide the rest of the text is reported, not just the first.
    package static func parse(
        _ bytes: [UInt8], file: String, limits: YAMLLimits = .default
    ) throws(YAMLError) -> YAMLNode {
        let (document, problems) = try inspect(bytes, file: file, limits: limits)
        guard problems.isEmpty else { throw YAMLError(problems) }
        return document
    }

    /// As `parse`, for who looks at the document too: what hides nothing of it (duplicate keys, tags) is an answer and no error. Of a
    /// duplicate key the first value stays.
    package static func inspect(
        _ bytes: [UInt8], file: String, limits: YAMLLimits = .default
    ) throws(YAMLError) -> (document: YAMLNode, problems: [Problem]) {
        var (documents, problems) = try compose(bytes, file: file, limits: limits)
        // A '---' at the end begins a document with nothing in it.
        while documents.count > 1, documents.last?.isNothing == true { documents.removeLast() }
        if documents.count > 1 {
            problems +=
                YAMLError(
                    .documents, file: file, at: documents[1].mark,
                    "a second document begins here, and only one is expected; remove the '---' or split the file"
                ).problems
        }
        return (documents.first ?? YAMLNode(.scalar(text: "", style: .plain), mark: YAMLMark(line: 1, column: 1)), problems)
    }

    /// All documents of a stream separated by `---`, in order.
    package static func parseAll(
        _ bytes: [UInt8], file: String, limits: YAMLLimits = .default
    ) throws(YAMLError) -> [YAMLNode] {
        let (documents, problems) = try compose(bytes, file: file, limits: limits)
        guard problems.isEmpty else { throw YAMLError(problems) }
        return documents
    }

    private static func compose(
        _ bytes: [UInt8], file: String, limits: YAMLLimits
    ) throws(YAMLError) -> (documents: [YAMLNode], problems: [Problem]) {
        try check(bytes, file: file, limits: limits)
        return try bytes.withUnsafeBufferPointer { (whole) throws(YAMLError) -> (documents: [YAMLNode], problems: [Problem]) in
            // A byte order mark is no content.
            let text = UnsafeBufferPointer(rebasing: whole.starts(with: [0xEF, 0xBB, 0xBF]) ? whole[3...] : whole[...])
            guard let reader = YAMLEventReader(text, file: file) else {
                throw YAMLError(.size, file: file, at: YAMLMark(line: 1, column: 1), "there is no memory to read this file")
            }
            var composer = YAMLComposer(reader: reader, file: file, limits: limits)
            let documents = try composer.documents()
            return (documents, composer.problems)
        }
    }

    /// What libyaml would not refuse, or not clearly, or not in time.
    private static func check(_ bytes: [UInt8], file: String, limits: YAMLLimits) throws(YAMLError) {
        let start = YAMLMark(line: 1, column: 1)
        guard bytes.count <= limits.bytes else {
            throw YAMLError(
                .size, file: file, at: start, "the file has \(bytes.count) bytes; at most \(limits.bytes) are allowed")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.prefix(4).contains(0) {
            throw YAMLError(.encoding, file: file, at: start, "the file is UTF-16 or UTF-32; save it as UTF-8")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            let offset = firstInvalid(bytes)
            let mark = bytes.withUnsafeBufferPointer { Self.mark(of: offset, in: $0) }
            throw YAMLError(
                .encoding, file: file, at: mark, "the byte 0x\(hex(bytes[offset])) is not UTF-8; save the file as UTF-8")
        }
        // libyaml compares every %TAG directive with all before it.
        var directives = 0, previous: UInt8 = 0x0A
        for byte in bytes {
            if byte == UInt8(ascii: "%"), previous == 0x0A { directives += 1 }
            previous = byte
        }
        guard directives <= 16 else {
            throw YAMLError(.syntax, file: file, at: start, "there are more than 16 lines that begin with '%'")
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return text.utf8.count == 1 ? "0" + text : text
    }

    private static func firstInvalid(_ bytes: [UInt8]) -> Int {
        var parser = Unicode.UTF8.ForwardParser(), iterator = bytes.makeIterator(), offset = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            default: return min(offset, bytes.count - 1)
            }
        }
    }

    /// The place of a byte offset.
    static func mark(of offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> YAMLMark {
        var mark = YAMLMark(line: 1, column: 1)
        for byte in bytes.prefix(offset) {
            if byte == 0x0A {
                mark = YAMLMark(line: mark.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                mark.column += 1
            }
        }
        return mark
    }

    /// The byte at a place, if the columns before it are single bytes.
    static func byte(at mark: YAMLMark, in bytes: UnsafeBufferPointer<UInt8>) -> UInt8? {
        var line = 1, offset = 0
        while line < mark.line, offset < bytes.count {
            if bytes[offset] == 0x0A { line += 1 }
            offset += 1
        }
        offset += mark.column - 1
        return line == mark.line && offset < bytes.count ? bytes[offset] : nil
    }
}
