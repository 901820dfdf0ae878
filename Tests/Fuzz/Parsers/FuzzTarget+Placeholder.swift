import Planning
import PlatformModel

extension FuzzTarget {
    /// What is read is written as a text that reads as the same; a text resolves once, and escaped it stands for itself.
    static let placeholder = FuzzTarget(name: "placeholder") { bytes throws(BrokenPromise) in
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        if let parsed = try? PlaceholderText(text) {
            let again = try? PlaceholderText(parsed.text)
            let isSame = again?.placeholders.map(\.path) == parsed.placeholders.map(\.path)
            try BrokenPromise.unless(isSame, "written it reads as another text: \(parsed.text.debugDescription)")
        }
        var resolver = PlaceholderResolver(FixedScope(), place: "the input")
        _ = resolver.resolve(.string(text))
        let escaped = try? PlaceholderText(PlaceholderText.escape(text))
        try BrokenPromise.unless(escaped?.placeholders.isEmpty == true, "escaped, it still holds a placeholder")
    }

    private struct FixedScope: PlaceholderScope {
        func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
            switch placeholder.path.last {
            case "text": return ResolvedDocument("${context.env.id}")
            case "number": return ResolvedDocument(1.5)
            case "map": return ResolvedDocument(["a": ["${x}", nil]])
            case "secret": return ResolvedDocument(secret: SecretReference(store: "built-in", ref: "a/b"))
            default: throw LookupFailure("PLAN-201", "there is no such value")
            }
        }
    }
}
