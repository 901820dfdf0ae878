import PlatformModel

/// The methods of a version that templates call.
extension SemanticVersion: TemplateObject {
    static let typeName = "*semver.Version"

    var typeName: String { Self.typeName }
    var kindName: String { "ptr" }
    var text: GoString { Array(description.utf8) }

    var syntax: GoString? {
        func quoted(_ text: String) -> String { GoText.text(GoQuote.quote(Array(text.utf8))) }
        let hex = numbers.map { "0x" + String($0, radix: 16) }
        let parts =
            "&semver.Version{major:\(hex[0]), minor:\(hex[1]), patch:\(hex[2]), pre:\(quoted(prerelease.joined(separator: ".")))"
            + ", metadata:\(quoted(metadata)), original:\(quoted(original))}"
        return Array(parts.utf8)
    }

    /// Without the `v`, with all three numbers.
    private var description: String {
        numbers.map(String.init).joined(separator: ".") + (prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: "."))
            + (metadata.isEmpty ? "" : "+" + metadata)
    }

    private static func argument(_ call: FunctionCall) -> SemanticVersion {
        if case .object(let object) = call[0], let version = object as? SemanticVersion { return version }
        return SemanticVersion(numbers: [0, 0, 0])
    }

    func member(_ name: String) -> TemplateFunction? {
        let version = [ParameterType.object(Self.typeName)]
        switch name {
        case "Major": return .field(.int(numbers[0], .uint64))
        case "Minor": return .field(.int(numbers[1], .uint64))
        case "Patch": return .field(.int(numbers[2], .uint64))
        case "Prerelease": return .field(.string(prerelease.joined(separator: ".")))
        case "Metadata": return .field(.string(metadata))
        case "Original": return .field(.string(original))
        case "String": return .field(.string(text))
        case "IncMajor": return .field(.object(raised(0)))
        case "IncMinor": return .field(.object(raised(1)))
        case "IncPatch": return .field(.object(prerelease.isEmpty ? raised(2) : released))
        case "Compare":
            return .method(version) { call in
                let other = Self.argument(call)
                return .int(self < other ? -1 : self == other ? 0 : 1)
            }
        case "LessThan": return .method(version) { .bool(self < Self.argument($0)) }
        case "GreaterThan": return .method(version) { .bool(Self.argument($0) < self) }
        case "Equal": return .method(version) { .bool(self == Self.argument($0)) }
        default: return nil
        }
    }

    private var released: SemanticVersion { SemanticVersion(numbers: numbers) }

    private func raised(_ index: Int) -> SemanticVersion {
        var next = released
        next.numbers[index] &+= 1
        for later in index..<3 where later > index { next.numbers[later] = 0 }
        return next
    }
}
