/// Writes YAML byte by byte as `sigs.k8s.io/yaml` does, over `yaml.v2`: what templates written for Helm expect of `toYaml`. Lists in a
/// mapping are not indented, keys are in natural order, and a long line breaks at a space after column 80.
struct GoYAMLWriter {
    private var out = ""
    /// In letters.
    private var column = 0
    /// The last thing written was white space, or nothing.
    private var atSpace = true
    /// Nothing but indentation and `-` or `?` is on this line.
    private var atIndentation = true

    private static let width = 80

    /// A document, ending in a newline; nil for numbers that JSON has not, and for characters that the way over JSON does not survive.
    static func text(of value: TemplateValue) -> String? {
        var writer = GoYAMLWriter()
        guard writer.write(value, indent: -1, isInMapping: false) else { return nil }
        writer.indent(to: 0)
        return writer.out
    }

    /// False for what cannot be written.
    private mutating func write(_ value: TemplateValue, indent: Int, isInMapping: Bool) -> Bool {
        switch value {
        case .missing, .null: plain("null")
        case .bool(let value): plain(value ? "true" : "false")
        case .int(let value, .uint64): plain(String(UInt64(bitPattern: value)))
        case .int(let value, _): plain(String(value))
        case .float(let value):
            guard value.isFinite else { return false }
            plain(Self.number(value))
        case .string(let text):
            guard let text = GoYAMLInput.received(GoText.text(text)) else { return false }
            write(GoYAMLText(text), isKey: false, indent: indent < 0 ? 2 : indent + 2)
        case .object(let object): return write(TemplateValue(exact: object.json), indent: indent, isInMapping: isInMapping)
        case .list(let list):
            if list.isNil {
                plain("null")
            } else if list.elements.isEmpty {
                indicator("[", needsSpace: true, isSpace: true)
                indicator("]", needsSpace: false)
            } else {
                return write(list.elements, indent: isInMapping && !atIndentation ? indent : Self.deeper(indent))
            }
        case .dict(let map):
            if map.isNil {
                plain("null")
            } else if map.members.isEmpty {
                indicator("{", needsSpace: true, isSpace: true)
                indicator("}", needsSpace: false)
            } else {
                return write(map, indent: Self.deeper(indent))
            }
        }
        return true
    }

    private static func deeper(_ indent: Int) -> Int { indent < 0 ? 0 : indent + 2 }

    private mutating func write(_ elements: [TemplateValue], indent: Int) -> Bool {
        for element in elements {
            self.indent(to: indent)
            indicator("-", needsSpace: true, isIndentation: true)
            guard write(element, indent: indent, isInMapping: false) else { return false }
        }
        return true
    }

    private mutating func write(_ map: GoMap, indent: Int) -> Bool {
        var members: [(key: String, value: TemplateValue)] = []
        for key in map.sortedKeys {
            guard GoYAMLInput.receives(key: key) else { return false }
            members.append((key, map.members[key] ?? .null))
        }
        members.sort { NaturalOrder.precedes($0.key, $1.key) }
        for (key, value) in members {
            let text = GoYAMLText(key)
            self.indent(to: indent)
            if text.fitsSimpleKey {
                write(text, isKey: true, indent: indent + 2)
                indicator(":", needsSpace: false)
            } else {
                indicator("?", needsSpace: true, isIndentation: true)
                write(text, isKey: false, indent: indent + 2)
                self.indent(to: indent)
                indicator(":", needsSpace: true, isIndentation: true)
            }
            guard write(value, indent: indent, isInMapping: true) else { return false }
        }
        return true
    }

    /// A whole number stays one while it fits 64 bits, since it passes through JSON.
    private static func number(_ value: Double) -> String {
        let json = GoFloat.json(value)
        if json == "-0" { return "0" }
        return json.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "e") }
            && (Int64(json) != nil || UInt64(json) != nil) ? json : GoFloat.shortest(value)
    }
}

// Scalars.
extension GoYAMLWriter {
    private mutating func plain(_ word: String) { write(GoYAMLText(word), style: .plain, isKey: false, indent: 0) }

    private mutating func write(_ text: GoYAMLText, isKey: Bool, indent: Int) {
        write(text, style: text.style(isKey: isKey), isKey: isKey, indent: indent)
    }

    private mutating func write(_ text: GoYAMLText, style: GoYAMLText.Style, isKey: Bool, indent: Int) {
        switch style {
        case .plain:
            if !atSpace { put(" ") }
            fold(text.scalars, isQuoted: false, folds: !isKey, indent: indent)
            (atSpace, atIndentation) = (false, false)
        case .singleQuoted:
            indicator("'", needsSpace: true)
            fold(text.scalars, isQuoted: true, folds: !isKey, indent: indent)
            indicator("'", needsSpace: false)
            (atSpace, atIndentation) = (false, false)
        case .doubleQuoted: escape(text.scalars, folds: !isKey, indent: indent)
        case .literal: literal(text.scalars, indent: indent)
        }
    }

    /// As it is; quotes are doubled where it stands in them.
    private mutating func fold(_ scalars: [Unicode.Scalar], isQuoted: Bool, folds: Bool, indent: Int) {
        var afterSpace = false, afterBreak = false
        for (index, scalar) in scalars.enumerated() {
            if scalar == " " {
                let isInside = index > 0 && index + 1 < scalars.count
                if folds, !afterSpace, column > Self.width, isInside, scalars[index + 1] != " " {
                    self.indent(to: indent)
                } else {
                    put(scalar)
                }
                afterSpace = true
            } else if GoYAMLText.isBreak(scalar) {
                put(scalar)
                (column, atIndentation, afterBreak) = (0, true, true)
            } else {
                if afterBreak { self.indent(to: indent) }
                if isQuoted, scalar == "'" { put("'") }
                put(scalar)
                (atIndentation, afterSpace, afterBreak) = (false, false, false)
            }
        }
    }

    private mutating func escape(_ scalars: [Unicode.Scalar], folds: Bool, indent: Int) {
        indicator("\"", needsSpace: true)
        var afterSpace = false
        // Behind a byte order mark all is escaped.
        let escapesAll = scalars.first == "\u{FEFF}"
        for (index, scalar) in scalars.enumerated() {
            if escapesAll || !GoYAMLText.isPrintable(scalar) || GoYAMLText.isBreak(scalar) || scalar == "\"" || scalar == "\\" {
                Self.escape(of: scalar).unicodeScalars.forEach { put($0) }
                afterSpace = false
            } else if scalar == " " {
                if folds, !afterSpace, column > Self.width, index > 0, index + 1 < scalars.count {
                    self.indent(to: indent)
                    if scalars[index + 1] == " " { put("\\") }
                } else {
                    put(scalar)
                }
                afterSpace = true
            } else {
                put(scalar)
                afterSpace = false
            }
        }
        indicator("\"", needsSpace: false)
        (atSpace, atIndentation) = (false, false)
    }

    private static let escapes: [Unicode.Scalar: String] = [
        "\0": "0", "\u{07}": "a", "\u{08}": "b", "\t": "t", "\n": "n", "\u{0B}": "v", "\u{0C}": "f", "\r": "r", "\u{1B}": "e",
        "\"": "\"", "\\": "\\", "\u{85}": "N", "\u{A0}": "_", "\u{2028}": "L", "\u{2029}": "P",
    ]

    private static func escape(of scalar: Unicode.Scalar) -> String {
        if let letter = escapes[scalar] { return "\\" + letter }
        let (letter, width) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "\\" + letter + GoQuote.hex(scalar.value, width: width).uppercased()
    }

    private mutating func literal(_ scalars: [Unicode.Scalar], indent: Int) {
        indicator("|", needsSpace: true)
        if let first = scalars.first, first == " " || GoYAMLText.isBreak(first) { indicator("2", needsSpace: false) }
        if let last = scalars.last, !GoYAMLText.isBreak(last) {
            indicator("-", needsSpace: false)
        } else if scalars.count == 1 || GoYAMLText.isBreak(scalars[scalars.count - 2]) {
            indicator("+", needsSpace: false)
        }
        breakLine()
        (atIndentation, atSpace) = (true, true)
        var afterBreak = true
        for scalar in scalars {
            if GoYAMLText.isBreak(scalar) {
                put(scalar)
                (column, atIndentation, afterBreak) = (0, true, true)
            } else {
                if afterBreak { self.indent(to: indent) }
                put(scalar)
                (atIndentation, afterBreak) = (false, false)
            }
        }
    }
}

// The pen.
extension GoYAMLWriter {
    private mutating func put(_ scalar: Unicode.Scalar) {
        out.unicodeScalars.append(scalar)
        column += 1
    }

    private mutating func breakLine() {
        out += "\n"
        column = 0
    }

    private mutating func indent(to indent: Int) {
        let indent = max(indent, 0)
        if !atIndentation || column > indent || (column == indent && !atSpace) { breakLine() }
        while column < indent { put(" ") }
        (atSpace, atIndentation) = (true, true)
    }

    private mutating func indicator(
        _ scalar: Unicode.Scalar, needsSpace: Bool, isSpace: Bool = false, isIndentation: Bool = false
    ) {
        if needsSpace, !atSpace { put(" ") }
        put(scalar)
        atSpace = isSpace
        atIndentation = atIndentation && isIndentation
    }
}
