// Sprig: upper and lower case, and the cases of names.
extension FunctionTable {
    mutating func addCases() {
        add("upper", [.string]) { .string(GoText.mapRunes($0.string(0), GoText.upper)) }
        add("lower", [.string]) { .string(GoText.mapRunes($0.string(0), GoText.lower)) }
        add("title", [.string]) { call in
            var previous: Unicode.Scalar = " "
            return .string(
                GoText.mapRunes(call.string(0)) { scalar in
                    defer { previous = scalar }
                    return Self.isSeparator(previous) ? GoText.title(scalar) : scalar
                })
        }
        add("untitle", [.string]) { call in
            var previous: Unicode.Scalar = " "
            return .string(
                GoText.mapRunes(call.string(0)) { scalar in
                    defer { previous = scalar }
                    return GoText.isSpace(previous) ? GoText.lower(scalar) : scalar
                })
        }
        add("swapcase", [.string]) { call in
            var previous: Unicode.Scalar = " "
            return .string(
                GoText.mapRunes(call.string(0)) { scalar in
                    defer { previous = scalar }
                    if GoText.isUpper(scalar) { return GoText.lower(scalar) }
                    guard GoText.isLower(scalar) else { return scalar }
                    return GoText.isSpace(previous) ? GoText.title(scalar) : GoText.upper(scalar)
                })
        }
        add("snakecase", [.string]) { .string(NameWords.joined($0.string(0), with: "_")) }
        add("kebabcase", [.string]) { .string(NameWords.joined($0.string(0), with: "-")) }
        add("camelcase", [.string]) { .string(NameWords.pascalCase($0.string(0))) }
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return !(scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_") }
        if GoText.isLetter(scalar) || GoText.isDigit(scalar) { return false }
        return GoText.isSpace(scalar)
    }
}

/// The words of a name such as `HTTPServer`, `http_server`, `http server`.
enum NameWords {
    private static func isConnector(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "-" || GoText.isSpace(scalar)
    }

    /// Lower case with a connector between the words: before an upper-case letter after a lower-case one, before the last of
    /// several upper-case letters, before digits that a lower-case letter follows.
    static func joined(_ text: GoString, with connector: Unicode.Scalar) -> GoString {
        let runes = GoText.runes(text)
        var out: [Unicode.Scalar] = [], startsWithDigit = false
        for (index, rune) in runes.enumerated() {
            if isConnector(rune) {
                out.append(connector)
                continue
            }
            let previous = index > 0 ? runes[index - 1] : nil
            if let previous, !isConnector(previous) {
                let next = index + 1 < runes.count ? runes[index + 1] : nil
                var breaks = false
                if GoText.isUpper(rune) {
                    breaks = !GoText.isUpper(previous) || (next.map(GoText.isLower) ?? false)
                } else if GoText.isDigit(rune), !GoText.isDigit(previous), !startsWithDigit {
                    breaks = runes[index...].first { !GoText.isDigit($0) }.map(GoText.isLower) ?? false
                }
                if breaks {
                    out.append(connector)
                    startsWithDigit = GoText.isDigit(rune)
                }
            } else {
                startsWithDigit = GoText.isDigit(rune)
            }
            out.append(GoText.lower(rune))
        }
        return GoText.bytes(out)
    }

    /// Every word capitalised and one connector between two words dropped.
    static func pascalCase(_ text: GoString) -> GoString {
        let runes = GoText.runes(text)
        let leading = Array(runes.prefix(while: isConnector))
        var out = leading, atStart = true, pending: [Unicode.Scalar] = [], previous: Unicode.Scalar?
        for rune in runes.dropFirst(leading.count) {
            if isConnector(rune) {
                pending.append(rune)
                continue
            }
            if !pending.isEmpty {
                out += pending.dropFirst()
                pending = []
                atStart = true
            }
            if atStart {
                out.append(GoText.upper(rune))
            } else if let previous, GoText.isUpper(previous) {
                out.append(GoText.lower(rune))
            } else {
                out.append(rune)
            }
            atStart = false
            previous = rune
        }
        return GoText.bytes(out + pending)
    }
}
