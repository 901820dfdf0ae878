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
        add("snakecase", [.string]) { call throws(FunctionFailure) in
            try call.state.spend(call.string(0).count / 4)
            return .string(NameWords.joined(call.string(0), with: "_"))
        }
        add("kebabcase", [.string]) { call throws(FunctionFailure) in
            try call.state.spend(call.string(0).count / 4)
            return .string(NameWords.joined(call.string(0), with: "-"))
        }
        add("camelcase", [.string]) { .string(NameWords.pascalCase($0.string(0))) }
    }

    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return !(scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_") }
        if GoText.isLetter(scalar) || GoText.isDigit(scalar) { return false }
        return GoText.isSpace(scalar)
    }
}
