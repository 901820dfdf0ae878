import PlatformModel

/// The text forms of bytea and text[] (PostgreSQL documentation, 8.4 and 8.15).
enum FieldText {
    /// `\x48656c6c6f`
    static func bytes(fromHex text: String) -> [UInt8]? {
        text.hasPrefix("\\x") ? Hexadecimal.decode(text.dropFirst(2)) : nil
    }

    /// `{plain,"with \"quotes\", and comma"}`; nil for nested arrays and NULL elements.
    static func elements(ofArray text: String) -> [String]? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
        if bytes.count == 2 { return [] }
        var out: [String] = []
        var position = 1
        while position < bytes.count {
            guard let element = nextElement(bytes, &position) else { return nil }
            out.append(element)
            guard position < bytes.count else { return nil }
            if bytes[position] == UInt8(ascii: "}") { return position == bytes.count - 1 ? out : nil }
            guard bytes[position] == UInt8(ascii: ",") else { return nil }
            position += 1
        }
        return nil
    }

    private static func nextElement(_ bytes: [UInt8], _ position: inout Int) -> String? {
        var element: [UInt8] = []
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            while position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != UInt8(ascii: "}") {
                if bytes[position] == UInt8(ascii: "{") { return nil }
                element.append(bytes[position])
                position += 1
            }
            let plain = String(decoding: element, as: UTF8.self)
            return plain == "NULL" ? nil : plain
        }
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") { position += 1 }
            guard position < bytes.count else { return nil }
            element.append(bytes[position])
            position += 1
        }
        position += 1
        return String(decoding: element, as: UTF8.self)
    }
}
