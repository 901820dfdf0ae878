/// What the author of a text that a pattern refuses probably meant. A guess need not be valid: whoever asks looks.
enum NameGuess {
    /// Everything but ASCII letters, digits and what is kept becomes a hyphen, none of them at an end.
    static func name(_ text: String, keeping kept: String) -> String {
        var out: [UInt8] = []
        for scalar in text.unicodeScalars {
            let byte = scalar.isASCII ? UInt8(scalar.value) : UInt8(ascii: "-")
            let isGood = isAlphanumeric(byte) || kept.utf8.contains(byte)
            if isGood {
                out.append(byte)
            } else if out.last != UInt8(ascii: "-") {
                out.append(UInt8(ascii: "-"))
            }
        }
        let trimmed = out.prefix(63).reversed().drop { !isAlphanumeric($0) }.reversed().drop { !isAlphanumeric($0) }
        return String(decoding: Array(trimmed), as: UTF8.self)
    }

    static func dotted(_ text: String) -> String {
        text.utf8.split(separator: UInt8(ascii: ".")).map { name(String(Substring($0)), keeping: "-") }.filter { !$0.isEmpty }
            .joined(separator: ".")
    }

    static func annotation(_ text: String) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard parts.count > 1 else { return name(text, keeping: "._-") }
        return dotted(parts[0].lowercased()) + "/" + name(parts.dropFirst().joined(separator: "-"), keeping: "._-")
    }

    /// `128mb` is `128M`, `1gib` is `1Gi`.
    static func memory(_ text: String) -> String {
        let (number, unit) = split(text)
        let lower = unit.lowercased()
        guard let letter = lower.first, "kmgtpe".contains(letter) else { return number }
        let isBinary = lower.dropFirst().first == "i"
        return number + letter.uppercased() + (isBinary ? "i" : "")
    }

    /// `.5` is `0.5`, `500M` is `500m`.
    static func cpu(_ text: String) -> String {
        let (number, unit) = split(text)
        return number + (unit.isEmpty ? "" : "m")
    }

    /// `0o644` and `00644` are `0644`.
    static func mode(_ text: String) -> String {
        let digits = text.utf8.filter { (0x30...0x39).contains($0) }.drop { $0 == 0x30 }
        return "0" + String(decoding: Array(digits), as: UTF8.self)
    }

    /// A number with a digit before and behind its point, and what follows it.
    private static func split(_ text: String) -> (number: String, unit: String) {
        let text = String(
            decoding: text.utf8.filter { $0 != 0x20 }.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
        let number = text.utf8.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        var digits = String(Substring(number))
        if digits.hasPrefix(".") { digits = "0" + digits }
        if digits.hasSuffix(".") { digits.removeLast() }
        return (digits, String(text.utf8.dropFirst(number.count)) ?? "")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
    }
}
