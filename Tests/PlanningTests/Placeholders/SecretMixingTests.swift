import Planning
import PlatformModel
import TestSupport
import Testing

/// Secrets and plain values that look like placeholders, by name.
private struct MixedScope: PlaceholderScope {
    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
        let name = placeholder.path.last ?? ""
        if name.hasPrefix("s") { return ResolvedDocument(secret: SecretReference(ref: name)) }
        if name.hasPrefix("j") { return ResolvedDocument(["k": "${v.s1}", "l": [1, .null]]) }
        return ResolvedDocument(.string("${v.s1}$\\{\(name)}"))
    }
}

struct SecretMixingTests {
    /// However secrets, values and text are mixed: a text with a secret in it is a slot and nothing else, its parts in order; a text
    /// without one is a plain value in which what came out of values stands unread.
    @Test func noMixingLosesASecret() throws {
        var random = SplitMix(seed: 21)
        for _ in 0..<2000 {
            var text = "", parts: [SecretPart] = []
            func add(_ more: String) {
                if case .text(let last)? = parts.last {
                    parts[parts.count - 1] = .text(last + more)
                } else {
                    parts.append(.text(more))
                }
            }
            for number in 0..<Int.random(in: 2...7, using: &random) {
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    text += "${v['s\(number)']}"
                    parts.append(.reference(SecretReference(ref: "s\(number)")))
                case 1:
                    text += "${v.p\(number)}"
                    add("${v.s1}$\\{p\(number)}")
                case 2:
                    text += "${v.j}"
                    add(#"{"k":"${v.s1}","l":[1,null]}"#)
                case 3:
                    text += #"$\{v.s1}"#
                    add("${v.s1}")
                default:
                    text += "plain "
                    add("plain ")
                }
            }
            let result = try PlaceholderResolver.resolve(["x": [.string(text)]], in: MixedScope(), place: "here")
            let isSecret = parts.contains { if case .reference = $0 { true } else { false } }
            if isSecret {
                #expect(
                    result.document == ["x": [.null]] && result.slots == [SecretSlot(pointer: "/x/0", parts: parts)], "\(text)")
            } else if parts.count > 1 || !text.hasPrefix("${v.j}") || text != "${v.j}" {
                guard case .text(let whole)? = parts.first else { continue }
                #expect(result == ResolvedDocument(["x": [.string(whole)]]), "\(text)")
            }
        }
    }
}

/// Counts how often a value is asked for.
private final class CountingScope: PlaceholderScope {
    private(set) var count = 0

    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
        count += 1
        return ResolvedDocument("${again}")
    }
}

struct PlaceholderCostTests {
    /// One look for each placeholder, and output of the size of its parts, however many there are: nothing is read twice, and what
    /// came out of a value is never read at all.
    @Test(arguments: [1, 10, 100, 1000, 10_000])
    func eachPlaceholderIsLookedUpOnce(_ count: Int) throws {
        let scope = CountingScope(), text = String(repeating: "a${x.y}", count: count)
        let document: JSON = ["one": .string(text), "many": .array((0..<count).map { _ in "${x.y}" })]
        let result = try PlaceholderResolver.resolve(document, in: scope, place: "here")
        #expect(scope.count == 2 * count)
        #expect(result.document["one"]?.string?.utf8.count == 9 * count)
        #expect(result.document["many"]?.array?.count == count)
    }

    /// Bytes read are counted, not time: a hostile text of unclosed or nested openings is given up at its first mistake.
    @Test(arguments: ["${", "${a[", "${a['", "${a.${", "$\\{", "$", "${a}"])
    func hostileTextsAreReadOnce(_ piece: String) {
        let text = String(repeating: piece, count: 100_000)
        let result = Result { try PlaceholderText(text) }
        switch result {
        case .success(let parsed): #expect(parsed.pieces.count <= 100_000)
        case .failure(let error): #expect((error as? PlaceholderSyntaxError).map { $0.offset <= 2 * piece.utf8.count } == true)
        }
    }
}
