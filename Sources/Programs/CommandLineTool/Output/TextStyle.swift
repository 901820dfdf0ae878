/// Colours and marks of a terminal; plain text elsewhere.
package struct TextStyle: Sendable {
    enum Color: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case gray = "90"
        case bold = "1"
    }

    var isColored: Bool

    func callAsFunction(_ text: String, _ color: Color?) -> String {
        guard isColored, let color, !text.isEmpty else { return text }
        return "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m"
    }

    /// The colour that says how something went.
    static func color(of status: String) -> Color? {
        switch status {
        case "succeeded", "active", "created": .green
        case "failed", "unknown": .red
        case "running", "in progress", "pending", "deleting", "updated": .yellow
        case "kept", "skipped", "unchanged": .gray
        default: nil
        }
    }

    /// Text of a stranger for a terminal: without escape sequences and other control characters, on one line.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { out.append(isControl(scalar) ? " " : scalar) }
        return String(out)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        // U+202A to U+202E and U+2066 to U+2069 turn the direction of text around.
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x202a...0x202e).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    }

    /// At most `width` characters, with a mark where some are missing.
    static func fit(_ text: String, _ width: Int) -> String {
        guard text.count > width else { return text }
        guard width >= 2 else { return String(text.prefix(max(0, width))) }
        // Identities of resources differ at their end.
        guard text.contains("#"), !text.contains(" ") else { return text.prefix(width - 1) + "…" }
        let end = (width - 1) * 2 / 3
        return text.prefix(width - 1 - end) + "…" + text.suffix(end)
    }
}
