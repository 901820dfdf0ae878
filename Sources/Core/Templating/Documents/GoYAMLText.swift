/// What a text allows when it is written as YAML, by the rules of `yaml.v2`.
struct GoYAMLText {
    enum Style {
        case plain, singleQuoted, doubleQuoted, literal
    }

    let scalars: [Unicode.Scalar]
    private let text: String
    private(set) var hasBreaks = false
    private var allowsPlain = true
    private var allowsSingleQuotes = true
    private var allowsBlock = true

    init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
        analyze()
    }

    /// A key stands on one line and is short; all others begin with `?`.
    var fitsSimpleKey: Bool { !hasBreaks && text.utf8.count <= 128 }

    func style(isKey: Bool) -> Style {
        var style: Style = .plain
        if scalars.contains("\n") {
            style = isKey || !allowsBlock ? .doubleQuoted : .literal
        } else if isKey && hasBreaks || !GoYAMLScalar(text).isString || GoYAMLScalar.isBase60(text) {
            style = .doubleQuoted
        }
        if style == .plain, !allowsPlain { style = allowsSingleQuotes ? .singleQuoted : .doubleQuoted }
        return style
    }

    private mutating func analyze() {
        if text.hasPrefix("---") || text.hasPrefix("...") { allowsPlain = false }
        var afterBlank = true, afterSpace = false, afterBreak = false
        for (index, scalar) in scalars.enumerated() {
            let isLast = index + 1 == scalars.count
            let beforeBlank = isLast || scalars[index + 1] == " " || scalars[index + 1] == "\t"
            if Self.isIndicator(scalar, isFirst: index == 0, afterBlank: afterBlank, beforeBlank: beforeBlank) {
                allowsPlain = false
            }
            if !Self.isPrintable(scalar) { (allowsPlain, allowsSingleQuotes, allowsBlock) = (false, false, false) }
            let isBreak = Self.isBreak(scalar)
            if scalar == " " {
                if index == 0 || isLast { allowsPlain = false }
                if isLast { allowsBlock = false }
                if afterBreak { (allowsPlain, allowsSingleQuotes) = (false, false) }
            } else if isBreak {
                (hasBreaks, allowsPlain) = (true, false)
                if afterSpace { (allowsSingleQuotes, allowsBlock) = (false, false) }
            }
            (afterSpace, afterBreak) = (scalar == " ", isBreak)
            afterBlank = scalar == " " || scalar == "\t" || isBreak || scalar == "\0"
        }
    }

    private static func isIndicator(_ scalar: Unicode.Scalar, isFirst: Bool, afterBlank: Bool, beforeBlank: Bool) -> Bool {
        switch scalar {
        case "#": isFirst || afterBlank
        case ":": beforeBlank
        case "?", "-": isFirst && beforeBlank
        case ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": isFirst
        default: false
        }
    }

    /// Letters beyond the first 65536 count as not printable, and so does a tab.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x20...0x7E, 0xA0...0xD7FF: true
        case 0xFEFF, 0xFFFE, 0xFFFF: false
        default: (0xE000...0xFFFF).contains(scalar.value)
        }
    }

    static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\r", "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}
