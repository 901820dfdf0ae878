/// One directive of a format, applied to one value.
struct GoVerb {
    private var verb: Unicode.Scalar
    var directive: GoFormatter.Directive
    /// The value is shown because the verb does not fit it; the flags still count.
    private var isBad = false

    init(verb: Unicode.Scalar, directive: GoFormatter.Directive) {
        self.verb = verb
        self.directive = directive
        // `%+v` asks for the names of fields, which no value here has, and not for signs.
        if verb == "v" { self.directive.plus = false }
    }

    func text(_ value: TemplateValue) -> GoString { text(value, isTop: true) }

    private func text(_ value: TemplateValue, isTop: Bool) -> GoString {
        if verb == "T" { return pad(cut(Array(value.typeName.utf8))) }
        if verb == "v", directive.sharp, !isBad { return syntax(value, isTop: isTop) }
        switch value {
        case .missing, .null:
            if !isTop { return Array("<nil>".utf8) }
            return verb == "v" ? pad(Array("<nil>".utf8)) : Array("%!\(verb)(<nil>)".utf8)
        case .bool(let flag):
            return verb == "t" || verb == "v" ? pad(Array((flag ? "true" : "false").utf8)) : bad(value)
        case .int(let number, _): return integer(number, value)
        case .float(let number): return float(number, value)
        case .string(let text): return string(text, value)
        // `%w` is for errors: it does not look into a value.
        case .list where verb == "w", .dict where verb == "w", .object where verb == "w": return bad(value)
        case .list(let list):
            let parts = list.elements.map { self.text($0, isTop: false) }
            return [UInt8(ascii: "[")] + GoText.join(parts, with: [UInt8(ascii: " ")]) + [UInt8(ascii: "]")]
        case .dict(let map):
            let parts = map.sortedKeys.map { key in
                self.text(.string(key), isTop: false) + [UInt8(ascii: ":")] + self.text(map.members[key] ?? .null, isTop: false)
            }
            return Array("map[".utf8) + GoText.join(parts, with: [UInt8(ascii: " ")]) + [UInt8(ascii: "]")]
        case .object(let object): return self.object(object, value)
        }
    }

    private func bad(_ value: TemplateValue) -> GoString {
        var shown = self
        shown.verb = "v"
        shown.isBad = true
        return Array("%!\(verb)(\(value.typeName)=".utf8) + shown.text(value, isTop: true) + [UInt8(ascii: ")")]
    }

    private func object(_ object: any TemplateObject, _ value: TemplateValue) -> GoString {
        if let number = object as? GoNamedNumber, !"vsxXq".unicodeScalars.contains(verb) { return text(.int64(number.number)) }
        if let number = object as? ComplexNumber {
            guard "vbgGxXfFeE".unicodeScalars.contains(verb) else { return bad(value) }
            // Each part is padded on its own, and the second always has its sign.
            var second = self
            second.directive.plus = true
            return [UInt8(ascii: "(")] + float(number.real, value) + second.float(number.imaginary, value) + Array("i)".utf8)
        }
        return string(object.text, value)
    }

    /// `%#v`: as a Go program would write the value.
    private func syntax(_ value: TemplateValue, isTop: Bool) -> GoString {
        switch value {
        case .missing, .null: return isTop ? pad(Array("<nil>".utf8)) : Array("interface {}(nil)".utf8)
        case .string(let text): return pad(GoQuote.quote(cut(text), asciiOnly: directive.plus))
        case .int(let number, .uint8), .int(let number, .uint64):
            var hex = self
            hex.verb = "x"
            return hex.integer(number, value)
        case .list(let list):
            if list.isNil { return Array("\(value.typeName)(nil)".utf8) }
            let elements = list.elements.map { syntax($0, isTop: false) }
            return Array("\(value.typeName){".utf8) + GoText.join(elements, with: Array(", ".utf8)) + [UInt8(ascii: "}")]
        case .dict(let map):
            if map.isNil { return Array("\(value.typeName)(nil)".utf8) }
            let members = map.sortedKeys.map { key in
                syntax(.string(key), isTop: false) + [UInt8(ascii: ":")] + syntax(map.members[key] ?? .null, isTop: false)
            }
            return Array("\(value.typeName){".utf8) + GoText.join(members, with: Array(", ".utf8)) + [UInt8(ascii: "}")]
        case .object(let object) where isTop || !(object is SemanticVersion):
            if let syntax = object.syntax { return pad(syntax) }
            fallthrough
        default:
            var plain = self
            plain.directive.sharp = false
            return plain.text(value, isTop: isTop)
        }
    }

    /// Width counts letters; zeros only fill from the left.
    private func pad(_ text: GoString) -> GoString {
        guard let width = directive.width else { return text }
        let missing = width - GoText.runes(text).count
        guard missing > 0 else { return text }
        if directive.minus { return text + GoString(repeating: UInt8(ascii: " "), count: missing) }
        return GoString(repeating: UInt8(ascii: directive.zero ? "0" : " "), count: missing) + text
    }

    /// A number keeps its sign before the zeros.
    private func padNumber(_ text: String) -> GoString {
        let bytes = Array(text.utf8)
        guard directive.zero, !directive.minus, let width = directive.width, let first = bytes.first,
            first == UInt8(ascii: "-") || first == UInt8(ascii: "+") || first == UInt8(ascii: " ")
        else { return pad(bytes) }
        return [first] + GoString(repeating: UInt8(ascii: "0"), count: max(width - bytes.count, 0)) + bytes.dropFirst()
    }

    private func sign(_ isNegative: Bool) -> String {
        isNegative ? "-" : directive.plus ? "+" : directive.space ? " " : ""
    }

    private func integer(_ number: Int64, _ value: TemplateValue) -> GoString {
        switch verb {
        case "v", "d": return digits(number, radix: 10, prefix: "")
        case "b": return digits(number, radix: 2, prefix: directive.sharp ? "0b" : "")
        case "o": return digits(number, radix: 8, prefix: directive.sharp ? "0" : "")
        case "O": return digits(number, radix: 8, prefix: "0o")
        case "x": return digits(number, radix: 16, prefix: directive.sharp ? "0x" : "")
        case "X": return digits(number, radix: 16, prefix: directive.sharp ? "0X" : "", upper: true)
        case "c": return pad(Array(String(scalar(number)).utf8))
        case "q": return pad(GoQuote.quote(rune: number, asciiOnly: directive.plus))
        case "U":
            let hex = String(number.magnitude, radix: 16, uppercase: true)
            let text = "U+" + String(repeating: "0", count: max(4 - hex.count, 0)) + hex
            return pad(Array((directive.sharp ? text + " '\(scalar(number))'" : text).utf8))
        default: return bad(value)
        }
    }

    private func scalar(_ number: Int64) -> Unicode.Scalar { UInt32(exactly: number).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}" }

    private func digits(_ number: Int64, radix: Int, prefix: String, upper: Bool = false) -> GoString {
        var digits = String(number.magnitude, radix: radix, uppercase: upper)
        if let precision = directive.precision {
            if precision == 0, number == 0 { return pad([]) }
            digits = String(repeating: "0", count: max(precision - digits.count, 0)) + digits
        } else if directive.zero, !directive.minus, let width = directive.width {
            let room = width - sign(number < 0).count
            digits = String(repeating: "0", count: max(room - digits.count, 0)) + digits
        }
        // A leading zero that is there already marks an octal number.
        var prefix = prefix == "0" && digits.hasPrefix("0") ? "" : prefix
        if verb == "O", directive.sharp, !digits.hasPrefix("0") { prefix += "0" }
        let text = Array((sign(number < 0) + prefix + digits).utf8)
        var plain = self
        plain.directive.zero = false
        return plain.pad(text)
    }

    private func float(_ number: Double, _ value: TemplateValue) -> GoString {
        let form: Character, precision: Int?
        switch verb {
        case "v": (form, precision) = ("g", directive.precision)
        case "e", "E", "f": (form, precision) = (Character(verb), directive.precision ?? 6)
        case "F": (form, precision) = ("f", directive.precision ?? 6)
        case "b", "g", "G", "x", "X": (form, precision) = (Character(verb), directive.precision)
        default: return bad(value)
        }
        var text = GoFloat.format(number, verb: form, precision: precision)
        if !text.hasPrefix("-"), !text.hasPrefix("+") { text = "+" + text }
        if directive.space, !directive.plus, text.hasPrefix("+") { text = " " + text.dropFirst() }
        if !number.isFinite {
            // No zeros before what is no digit.
            var plain = self
            plain.directive.zero = false
            return plain.pad(Array((number.isNaN && !directive.space && !directive.plus ? String(text.dropFirst()) : text).utf8))
        }
        if directive.sharp, form != "b" { text = Self.withPoint(text, form: form, precision: precision) }
        if directive.plus || !text.hasPrefix("+") { return padNumber(text) }
        return pad(Array(text.dropFirst().utf8))
    }

    /// `%#g`: always a point, and the zeros up to the precision.
    private static func withPoint(_ text: String, form: Character, precision: Int?) -> String {
        let isHex = form == "x" || form == "X"
        let mark = text.firstIndex { $0 == "p" || $0 == "P" || !isHex && ($0 == "e" || $0 == "E") } ?? text.endIndex
        var digits = "gGx".contains(form) ? precision ?? 6 : 0
        var number = String(text[..<mark]), sawDigit = false
        for character in number.dropFirst() where character != "." {
            if character != "0" { sawDigit = true }
            if sawDigit { digits -= 1 }
        }
        if !number.contains(".") {
            if number.utf8.count == 2, number.hasSuffix("0") { digits -= 1 }
            number += "."
        }
        return number + String(repeating: "0", count: max(digits, 0)) + text[mark...]
    }

    private func string(_ text: GoString, _ value: TemplateValue) -> GoString {
        switch verb {
        case "v", "s": return pad(cut(text))
        case "q":
            if directive.sharp, GoQuote.canBackquote(cut(text)) {
                return pad([UInt8(ascii: "`")] + cut(text) + [UInt8(ascii: "`")])
            }
            return pad(GoQuote.quote(cut(text), asciiOnly: directive.plus))
        case "x", "X":
            let bytes = directive.precision.map { Array(text.prefix($0)) } ?? text
            let prefix = directive.sharp ? (verb == "x" ? "0x" : "0X") : ""
            let hex = bytes.map { byte -> String in
                let digits = String(byte, radix: 16, uppercase: verb == "X")
                return (digits.count < 2 ? "0" : "") + digits
            }
            if bytes.isEmpty { return pad([]) }
            if directive.space { return pad(Array(hex.map { prefix + $0 }.joined(separator: " ").utf8)) }
            return pad(Array((prefix + hex.joined()).utf8))
        default: return bad(value)
        }
    }

    private func cut(_ text: GoString) -> GoString {
        guard let precision = directive.precision else { return text }
        return GoText.bytes(GoText.runes(text).prefix(precision))
    }
}
