extension String {
    /// Text of a stranger, fit for a terminal, a header and a log: blanks in the place of escape sequences' first bytes, of carriage returns
    /// and other control characters, and of marks that turn the direction of text around. Line ends and tabs stay.
    package var withoutControls: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        var out = String.UnicodeScalarView()
        for scalar in unicodeScalars { out.append(Self.isControl(scalar) ? " " : scalar) }
        return String(out)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a: false
        case 0..<0x20, 0x7f...0x9f, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
