/// A pattern of the Score schema: what it takes, and the same in words.
struct StringRule: Sendable {
    let words: String
    private let matches: @Sendable ([UInt8]) -> Bool
    private let guess: (@Sendable (String) -> String)?

    init(_ words: String, guess: (@Sendable (String) -> String)? = nil, _ accepts: @escaping @Sendable ([UInt8]) -> Bool) {
        self.words = words
        self.guess = guess
        matches = accepts
    }

    func accepts(_ text: String) -> Bool { matches(Array(text.utf8)) }

    /// A valid text that was probably meant.
    func nearest(to text: String) -> String? {
        guard let guess, text.utf8.count <= 400 else { return nil }
        let guessed = guess(text)
        return guessed != text && accepts(guessed) ? guessed : nil
    }
}

extension StringRule {
    /// `^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`
    static let label = StringRule(
        "2 to 63 lower-case letters, digits and hyphens, no hyphen at either end",
        guess: { NameGuess.name($0.lowercased(), keeping: "-") }
    ) { isLabel($0[...]) }

    /// `^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`
    static let typeName = StringRule(
        "2 to 63 letters, digits and hyphens, no hyphen at either end", guess: { NameGuess.name($0, keeping: "-") }
    ) { bytes in
        (2...63).contains(bytes.count) && ends(bytes[...], isAlphanumeric)
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    /// `^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$`, 2 to 63 characters.
    static let resourceID = StringRule(
        "2 to 63 lower-case letters, digits, hyphens and dots, and neither hyphen nor dot beside a dot or at an end",
        guess: { NameGuess.dotted($0.lowercased()) }
    ) { bytes in
        (2...63).contains(bytes.count)
            && bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
                ends(part, isLowerAlphanumeric) && part.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }

    /// `^(LABEL(\.LABEL)*/)?[A-Za-z0-9][A-Za-z0-9._-]{0,61}[A-Za-z0-9]$`, 2 to 316 characters.
    static let annotationKey = StringRule(
        "2 to 63 letters, digits, '.', '_' and '-' between letters or digits, after an optional prefix such as 'example.com/'",
        guess: NameGuess.annotation
    ) { bytes in
        guard (2...316).contains(bytes.count) else { return false }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last, (2...63).contains(name.count), ends(name, isAlphanumeric),
            name.allSatisfy({ isAlphanumeric($0) || "._-".utf8.contains($0) })
        else { return false }
        return parts.count == 1
            || parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }

    /// `^(0\.\d+|[1-9]\d*(\.\d+)?)(K|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$`
    static let memory = StringRule(
        "a number of bytes over zero with an optional unit, such as 128M, 1.5Gi", guess: NameGuess.memory
    ) { bytes in
        var rest = bytes[...]
        let whole = digits(&rest)
        guard let first = whole.first else { return false }
        var hasFraction = false
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            hasFraction = !digits(&rest).isEmpty
            guard hasFraction else { return false }
        }
        guard first != UInt8(ascii: "0") || (whole.count == 1 && hasFraction) else { return false }
        let unit = String(decoding: rest, as: UTF8.self)
        return ["", "K", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].contains(unit)
    }

    /// `^\d+(?:m|\.\d+)?$`
    static let cpu = StringRule("a number of CPUs such as 2 or 0.25, or of thousandths such as 250m", guess: NameGuess.cpu) {
        bytes in
        var rest = bytes[...]
        guard !digits(&rest).isEmpty else { return false }
        if rest.isEmpty || rest.elementsEqual("m".utf8) { return true }
        guard rest.removeFirst() == UInt8(ascii: ".") else { return false }
        return !digits(&rest).isEmpty && rest.isEmpty
    }

    /// `^0?[0-7]{3}$`
    static let mode = StringRule("three octal digits in quotes, such as \"0644\"", guess: NameGuess.mode) { bytes in
        let bytes = bytes.count == 4 && bytes.first == UInt8(ascii: "0") ? bytes.dropFirst() : bytes[...]
        return bytes.count == 3 && bytes.allSatisfy { (0x30...0x37).contains($0) }
    }

    /// `^[A-Za-z0-9_-]+$`
    static let headerName = StringRule("letters, digits, '_' and '-'", guess: { NameGuess.name($0, keeping: "-_") }) { bytes in
        !bytes.isEmpty && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// `^[^=]+$`
    static let variableName = StringRule("at least one character, and no '='") { bytes in
        !bytes.isEmpty && !bytes.contains(UInt8(ascii: "="))
    }

    static let notEmpty = StringRule("at least one character") { !$0.isEmpty }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerAlphanumeric(byte) || (0x41...0x5a).contains(byte) }

    private static func isLabel(_ bytes: ArraySlice<UInt8>) -> Bool {
        (2...63).contains(bytes.count) && ends(bytes, isLowerAlphanumeric)
            && bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func ends(_ bytes: ArraySlice<UInt8>, _ accepts: (UInt8) -> Bool) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return accepts(first) && accepts(last)
    }

    private static func digits(_ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let found = bytes.prefix { (0x30...0x39).contains($0) }
        bytes = bytes.dropFirst(found.count)
        return found
    }
}
