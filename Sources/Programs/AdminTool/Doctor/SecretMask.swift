import Cryptography
import PlatformModel

/// Takes secrets out of text that leaves the host: values that are known, and what stands where a secret would.
struct SecretMask: Sendable {
    static let mask = "********"
    private static let words = ["password", "passwd", "secret", "token", "credential", "authorization", "cookie"].map {
        Array($0.utf8)
    }
    /// Keys of which such a word is a part, and that hold no secret.
    private static let harmless = ["file", "path", "seconds", "folder", "credentials"].map { Array($0.utf8) }

    /// Each in the forms in which one would print it.
    private let known: [String]

    init(_ secrets: [SecretBytes]) {
        var known: Set<String> = []
        for secret in secrets {
            var bytes = secret.copyBytes()
            while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            // What is shorter would mask ordinary words.
            guard bytes.count >= 6 else { continue }
            if let text = String(validating: bytes, as: UTF8.self) { known.insert(text) }
            known.insert(Base64.encode(bytes))
            known.insert(Hexadecimal.encode(bytes))
            known.insert(Hexadecimal.encode(bytes).uppercased())
        }
        self.known = known.sorted { $0.utf8.count > $1.utf8.count }
    }

    func masked(_ text: String) -> String {
        var text = text
        for secret in known { text = text.replacing(secret, with: Self.mask) }
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.map { String(decoding: Self.masked(line: Self.maskedTokens(Self.maskedURLs(Array($0)))), as: UTF8.self) }
            .joined(separator: "\n")
    }

    /// `password: x`, `password=x`, `"token": "x"`, `Authorization: Bearer x`.
    private static func masked(line: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [], index = 0
        while index < line.count {
            guard let word = words.first(where: { lowered(line[index...].prefix($0.count)) == $0 }) else {
                out.append(line[index])
                index += 1
                continue
            }
            // The rest of the key, what parts it from its value, the value.
            let rest = line[(index + word.count)...].prefix { isLetter($0) || $0 == UInt8(ascii: "_") }
            let between = line[rest.endIndex...].prefix { "\"' :=\t".utf8.contains($0) }
            out += line[index..<rest.endIndex]
            index = rest.endIndex
            let key = lowered(line[(rest.startIndex - word.count)..<rest.endIndex])
            guard between.contains(where: { ":=".utf8.contains($0) }), !harmless.contains(where: { contains(key, $0) }) else {
                continue
            }
            let value = line[between.endIndex...].prefix { isValue($0, between: between) }
            out += between
            if !value.isEmpty { out += mask.utf8 }
            index = value.endIndex
        }
        return out
    }

    /// Tokens of Martlet's, wherever they stand.
    private static func maskedTokens(_ line: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [], index = 0
        while index < line.count {
            let token = line[index...].prefix { isLetter($0) || (0x30...0x39).contains($0) || "_-".utf8.contains($0) }
            out += token.starts(with: "mrt_".utf8) ? Array(mask.utf8) : Array(token)
            index = token.endIndex
            if index < line.count { out.append(line[index]) }
            index += 1
        }
        return out
    }

    /// Up to the closing quote, or to the end of the word behind `=`, of the line behind `:`.
    private static func isValue(_ byte: UInt8, between: ArraySlice<UInt8>) -> Bool {
        if let quote = between.last, "\"'".utf8.contains(quote) { return byte != quote }
        if between.contains(UInt8(ascii: "=")) { return !" ,&}".utf8.contains(byte) }
        return byte != UInt8(ascii: ",") && byte != UInt8(ascii: "}")
    }

    /// `scheme://user:x@host`.
    private static func maskedURLs(_ line: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [], index = 0
        while index < line.count {
            guard line[index...].starts(with: "://".utf8) else {
                out.append(line[index])
                index += 1
                continue
            }
            let authority = line[(index + 3)...].prefix { !"/ \"'".utf8.contains($0) }
            if let at = authority.lastIndex(of: UInt8(ascii: "@")), let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":"))
            {
                out += line[index...colon] + Array(mask.utf8)
                index = at
            } else {
                out += line[index..<authority.endIndex]
                index = authority.endIndex
            }
        }
        return out
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func lowered(_ bytes: ArraySlice<UInt8>) -> [UInt8] { bytes.map { isLetter($0) ? $0 | 0x20 : $0 } }
    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }
}
