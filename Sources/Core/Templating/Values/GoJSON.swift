import PlatformModel

/// Values as JSON, as Go's `encoding/json` writes it.
struct GoJSON {
    /// `<`, `>` and `&` as escapes: Go's default.
    var escapesHTML = true
    /// Two spaces a level; nil is one line.
    var isPretty = false

    func text(_ value: TemplateValue) -> GoString {
        var out = GoString()
        write(value, into: &out, level: 0)
        return out
    }

    private func write(_ value: TemplateValue, into out: inout GoString, level: Int) {
        switch value {
        case .missing, .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .int(let value, _): out += String(value).utf8
        // Go refuses infinities, and Sprig then answers nothing.
        case .float(let value): out += value.isFinite ? Array(GoFloat.json(value).utf8) : []
        case .string(let text): writeString(text, into: &out)
        case .object(let object): write(TemplateValue(exact: object.json), into: &out, level: level)
        case .list(let list):
            if list.isNil {
                out += "null".utf8
                return
            }
            writeItems(list.elements.map { (nil, $0) }, open: "[", close: "]", into: &out, level: level)
        case .dict(let map):
            if map.isNil {
                out += "null".utf8
                return
            }
            let members = map.sortedKeys.map { (key: Optional($0), value: map.members[$0] ?? .null) }
            writeItems(members, open: "{", close: "}", into: &out, level: level)
        }
    }

    private func writeItems(
        _ items: [(key: String?, value: TemplateValue)], open: String, close: String, into out: inout GoString, level: Int
    ) {
        out += open.utf8
        for (index, item) in items.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if isPretty { out += ("\n" + String(repeating: "  ", count: level + 1)).utf8 }
            if let key = item.key {
                writeString(Array(key.utf8), into: &out)
                out += (isPretty ? ": " : ":").utf8
            }
            write(item.value, into: &out, level: level + 1)
        }
        if isPretty, !items.isEmpty { out += ("\n" + String(repeating: "  ", count: level)).utf8 }
        out += close.utf8
    }

    private func writeString(_ text: GoString, into out: inout GoString) {
        out.append(UInt8(ascii: "\""))
        for piece in GoText.scalars(text) {
            guard case .scalar(let scalar) = piece else {
                out += "\u{FFFD}".utf8
                continue
            }
            switch scalar {
            case "\"": out += "\\\"".utf8
            case "\\": out += "\\\\".utf8
            case "\n": out += "\\n".utf8
            case "\r": out += "\\r".utf8
            case "\t": out += "\\t".utf8
            case "\u{08}": out += "\\b".utf8
            case "\u{0C}": out += "\\f".utf8
            case "<" where escapesHTML, ">" where escapesHTML, "&" where escapesHTML, "\u{2028}", "\u{2029}":
                out += ("\\u" + GoQuote.hex(scalar.value, width: 4)).utf8
            case _ where scalar.value < 0x20: out += ("\\u" + GoQuote.hex(scalar.value, width: 4)).utf8
            default: out += String(scalar).utf8
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
