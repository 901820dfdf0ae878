import PlatformModel

/// Values as text, as Go's `fmt` prints them.
enum GoPrinter {
    /// `%v`.
    static func text(_ value: TemplateValue) -> GoString {
        var out = GoString()
        print(value, into: &out)
        return out
    }

    private static func print(_ value: TemplateValue, into out: inout GoString) {
        switch value {
        case .missing, .null: out += "<nil>".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .int(let value, _): out += String(value).utf8
        case .float(let value): out += GoFloat.shortest(value).utf8
        case .string(let value): out += value
        case .list(let list):
            out.append(UInt8(ascii: "["))
            for (index, element) in list.elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: " ")) }
                print(element, into: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .dict(let map):
            out += "map[".utf8
            for (index, key) in map.sortedKeys.enumerated() {
                if index > 0 { out.append(UInt8(ascii: " ")) }
                out += key.utf8
                out.append(UInt8(ascii: ":"))
                print(map.members[key] ?? .null, into: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let object):
            out += object.text
        }
    }

    /// `fmt.Sprint`: a space between two operands when neither is a string.
    static func sprint(_ values: [TemplateValue]) -> GoString {
        var out = GoString()
        var lastWasString = true
        for (index, value) in values.enumerated() {
            var isString = false
            if case .string = value { isString = true }
            if index > 0, !isString, !lastWasString { out.append(UInt8(ascii: " ")) }
            print(value, into: &out)
            lastWasString = isString
        }
        return out
    }

    /// `fmt.Sprintln`.
    static func sprintln(_ values: [TemplateValue]) -> GoString {
        GoText.join(values.map(text), with: [UInt8(ascii: " ")]) + [UInt8(ascii: "\n")]
    }
}
