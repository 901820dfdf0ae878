// Sprig: text.
extension FunctionTable {
    mutating func addStrings() {
        add("trim", [.string]) { .string(GoText.trimSpace($0.string(0))) }
        add("trimAll", [.string, .string]) { .string(GoText.trim($0.string(1), anyOf: $0.string(0))) }
        alias("trimall", "trimAll")
        add("trimSuffix", [.string, .string]) { call in
            let (suffix, text) = (call.string(0), call.string(1))
            return .string(text.suffix(suffix.count) == suffix[...] ? Array(text.dropLast(suffix.count)) : text)
        }
        add("trimPrefix", [.string, .string]) { call in
            let (prefix, text) = (call.string(0), call.string(1))
            return .string(text.starts(with: prefix) ? Array(text.dropFirst(prefix.count)) : text)
        }
        add("contains", [.string, .string]) { call throws(FunctionFailure) in
            // The search compares at every place.
            try call.state.spend(call.string(0).count * (call.string(1).count / 64))
            return .bool(GoText.contains(call.string(1), call.string(0)))
        }
        add("hasPrefix", [.string, .string]) { .bool($0.string(1).starts(with: $0.string(0))) }
        add("hasSuffix", [.string, .string]) { .bool($0.string(1).suffix($0.string(0).count) == $0.string(0)[...]) }
        add("replace", [.string, .string, .string]) { call throws(FunctionFailure) in
            let (old, new, text) = (call.string(0), call.string(1), call.string(2))
            let most = old.isEmpty ? text.count + 1 : text.count / old.count
            try call.state.admit(
                bytes: text.count + min(most * new.count, old.isEmpty || new.count > old.count ? most * new.count : 0))
            return .string(GoText.replace(text, old, with: new))
        }
        add("repeat", [.int, .string]) { call throws(FunctionFailure) in
            let count = call.int(0)
            if count < 0 { throw FunctionFailure("strings: negative Repeat count") }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: call.string(1).count)
            try call.state.admit(bytes: overflow ? Int.max : bytes)
            return .string(Array(repeatElement(call.string(1), count: count).joined()))
        }
        add("trunc", [.int, .string]) { call in
            let (count, text) = (call.int(0), call.string(1))
            if count < 0, text.count + count > 0 { return .string(Array(text.suffix(-count))) }
            return .string(count >= 0 ? Array(text.prefix(count)) : text)
        }
        add("substr", [.int, .int, .string]) { call throws(FunctionFailure) in
            let (start, end, text) = (call.int(0), call.int(1), call.string(2))
            let from = max(start, 0)
            let to = start >= 0 && (end < 0 || end > text.count) ? text.count : end
            let error = "runtime error: slice bounds out of range"
            if to < 0 { throw FunctionFailure("\(error) [:\(to)]") }
            if to > text.count { throw FunctionFailure("\(error) [:\(to)] with length \(text.count)") }
            if from > to { throw FunctionFailure("\(error) [\(from):\(to)]") }
            return .string(Array(text[from..<to]))
        }
        addLayout()
        addQuoting()
        addSplitting()
    }

    private mutating func addLayout() {
        add("indent", [.int, .string]) { call throws(FunctionFailure) in .string(try Self.indent(call)) }
        add("nindent", [.int, .string]) { call throws(FunctionFailure) in .string([UInt8(ascii: "\n")] + (try Self.indent(call)))
        }
        add("nospace", [.string]) { call in
            // Sprig takes every byte for a letter, where it finds a space.
            let letters = call.string(0).map { Unicode.Scalar($0) }
            return letters.contains(where: GoText.isSpace)
                ? .string(GoText.bytes(letters.filter { !GoText.isSpace($0) })) : call[0]
        }
        add("cat", variadic: .any) { call in
            let words = call.arguments.filter { !$0.isNothing }.map(GoPrinter.text)
            return .string(GoText.join(words, with: [UInt8(ascii: " ")]))
        }
        add("plural", [.string, .string, .int]) { $0.int(2) == 1 ? $0[0] : $0[1] }
        add("abbrev", [.int, .string]) { call in
            let (width, text) = (call.int(0), call.string(1))
            return .string(width < 4 || text.count <= width ? text : Array(text.prefix(width - 3)) + Array("...".utf8))
        }
        add("abbrevboth", [.int, .int, .string]) { call in
            .string(Self.abbreviated(call.string(2), offset: call.int(0), width: call.int(1)))
        }
        add("initials", [.string]) { call in
            var letters: [Unicode.Scalar] = [], atStart = true
            // Sprig takes every byte for a letter.
            for scalar in call.string(0).map({ Unicode.Scalar($0) }) {
                let isSpace = GoText.isSpace(scalar)
                if atStart, !isSpace { letters.append(scalar) }
                atStart = isSpace
            }
            return .string(GoText.bytes(letters))
        }
        add("wrapWith", [.int, .string, .string]) { call throws(FunctionFailure) in
            try call.built(.string(Self.wrap(call.string(2), width: call.int(0), with: call.string(1), breaksWords: true)))
        }
        add("wrap", [.int, .string]) { call throws(FunctionFailure) in
            let text = Self.wrap(call.string(1), width: call.int(0), with: [UInt8(ascii: "\n")], breaksWords: false)
            return try call.built(.string(text))
        }
    }

    private mutating func addQuoting() {
        add("quote", variadic: .any) { call in
            let quoted = call.arguments.filter { !$0.isNothing }.map { GoQuote.quote(GoPrinter.text($0)) }
            return .string(GoText.join(quoted, with: [UInt8(ascii: " ")]))
        }
        add("squote", variadic: .any) { call in
            let quote = [UInt8(ascii: "'")]
            let quoted = call.arguments.filter { !$0.isNothing }.map { quote + GoPrinter.text($0) + quote }
            return .string(GoText.join(quoted, with: [UInt8(ascii: " ")]))
        }
        add("toString", [.any]) { .string(GoPrinter.text($0[0])) }
    }

    private mutating func addSplitting() {
        add("splitList", [.string, .string]) { call throws(FunctionFailure) in
            try call.built(.strings(GoText.split(call.string(1), by: call.string(0))))
        }
        add("split", [.string, .string]) { call throws(FunctionFailure) in
            try call.built(Self.numbered(GoText.split(call.string(1), by: call.string(0))))
        }
        add("splitn", [.string, .int, .string]) { call throws(FunctionFailure) in
            try call.built(Self.numbered(GoText.split(call.string(2), by: call.string(0), limit: call.int(1))))
        }
        add("join", [.string, .any]) { call in .string(GoText.join(Self.strings(call[1]), with: call.string(0))) }
        add("toStrings", [.any]) { .strings(Self.strings($0[0])) }
        add("sortAlpha", [.any]) { call throws(FunctionFailure) in
            if call[0].isNothing { return .strings([Array("<nil>".utf8)]) }
            if case .list(let list) = call[0], list.isNil, list.element == .string { return call[0] }
            let strings = Self.strings(call[0])
            try call.state.spend(strings.count * 2)
            let sorted = strings.sorted { $0.lexicographicallyPrecedes($1) }
            return try call.built(.strings(sorted))
        }
    }

    /// `_0`, `_1`, ...: what `split` answers.
    private static func numbered(_ parts: [GoString]) -> TemplateValue {
        var members: [String: TemplateValue] = [:]
        for (index, part) in parts.enumerated() { members["_\(index)"] = .string(part) }
        return .dict(GoMap(members, holdsStrings: true))
    }

    /// The elements of a list as texts, without nil; another value is a list of one.
    static func strings(_ value: TemplateValue) -> [GoString] {
        if case .list(let list) = value { return list.elements.filter { !$0.isNothing }.map(GoPrinter.text) }
        return value.isNothing ? [] : [GoPrinter.text(value)]
    }

    /// Cut at both ends, so that what stands at `offset` stays.
    private static func abbreviated(_ text: GoString, offset: Int, width: Int) -> GoString {
        if width < 4 || offset > 0 && width < 7 || text.count <= width { return text }
        let mark = Array("...".utf8), offset = max(min(offset, text.count), 0)
        let from = text.count - offset < width - 3 ? text.count - (width - 3) : offset
        if from <= 4 { return Array(text.prefix(width - 3)) + mark }
        if from + width - 3 < text.count { return mark + Array(text[from...].prefix(width - 6)) + mark }
        return mark + Array(text.suffix(width - 3))
    }

    private static func indent(_ call: FunctionCall) throws(FunctionFailure) -> GoString {
        let (spaces, text) = (call.int(0), call.string(1))
        if spaces < 0 { throw FunctionFailure("strings: negative Repeat count") }
        let lines = 1 + text.count { $0 == UInt8(ascii: "\n") }
        let (bytes, overflow) = lines.multipliedReportingOverflow(by: spaces)
        try call.state.admit(bytes: overflow ? Int.max : bytes + text.count)
        let padding = GoString(repeating: UInt8(ascii: " "), count: spaces)
        return padding + GoText.replace(text, [UInt8(ascii: "\n")], with: [UInt8(ascii: "\n")] + padding)
    }

    /// Breaks at the last space within the width; a longer word is cut, or stands alone.
    private static func wrap(_ text: GoString, width: Int, with separator: GoString, breaksWords: Bool) -> GoString {
        let width = max(width, 1), separator = separator.isEmpty ? [UInt8(ascii: "\n")] : separator, space = UInt8(ascii: " ")
        var out = GoString(), offset = 0
        while text.count - offset > width {
            if text[offset] == space {
                offset += 1
                continue
            }
            let limit = offset + width
            if let end = text[offset...limit].lastIndex(of: space) {
                out += text[offset..<end] + separator
                offset = end + 1
            } else if breaksWords {
                out += text[offset..<limit] + separator
                offset = limit
            } else if let end = text[limit...].firstIndex(of: space) {
                out += text[offset..<end] + separator
                offset = end + 1
            } else {
                out += text[offset...]
                return out
            }
        }
        return out + text[offset...]
    }
}
