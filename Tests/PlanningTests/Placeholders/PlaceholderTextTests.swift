import Planning
import PlatformModel
import TestSupport
import Testing

struct PlaceholderTextTests {
    @Test(arguments: [
        ("${a}", ["a"]), ("${a.b.c}", ["a", "b", "c"]), ("${a['b.c'].d}", ["a", "b.c", "d"]),
        (#"${a["b'c"].d}"#, ["a", "b'c", "d"]), (#"${a['b\'c']}"#, ["a", "b'c"]), ("${a.list[0].x}", ["a", "list", "0", "x"]),
        ("${resources.workload>aws-policy.outputs.arn}", ["resources", "workload>aws-policy", "outputs", "arn"]),
        ("${resources['config.default#app-config'].outputs.x}", ["resources", "config.default#app-config", "outputs", "x"]),
        ("${resources.acme/db#main.guresid}", ["resources", "acme/db#main", "guresid"]), ("${a.é}", ["a", "é"]),
        ("${a['']}", ["a", ""]), ("${a['${b}']}", ["a", "${b}"]),
    ])
    func readsOne(_ text: String, _ path: [String]) throws {
        let parsed = try PlaceholderText(text)
        #expect(parsed.single?.path == path)
        // What it prints reads back as the same.
        #expect(try PlaceholderText(parsed.text).single?.path == path)
    }

    @Test(
        arguments: [
            ("", []), ("plain $5 {x} $", [.literal("plain $5 {x} $")]), (#"$\{HOME}"#, [.literal("${HOME}")]),
            (#"a$\{b}${c}d"#, [.literal("a${b}"), .placeholder(Placeholder(path: ["c"], offset: 6)), .literal("d")]),
            ("$${c}", [.literal("$"), .placeholder(Placeholder(path: ["c"], offset: 1))]),
            ("${a}${b}", [.placeholder(Placeholder(path: ["a"])), .placeholder(Placeholder(path: ["b"], offset: 4))]),
            (#"\${a}"#, [.literal(#"\"#), .placeholder(Placeholder(path: ["a"], offset: 1))]),
        ] as [(String, [PlaceholderText.Piece])])
    func cutsATextIntoPieces(_ text: String, _ pieces: [PlaceholderText.Piece]) throws {
        #expect(try PlaceholderText(text).pieces == pieces)
    }

    @Test(arguments: [
        ("${", 1, 1, "never closed"), ("ab\ncd ${x", 2, 4, "never closed"), ("${}", 1, 3, "a name is needed before '}'"),
        ("${a..b}", 1, 5, "a name is needed before '.'"), ("${a b}", 1, 4, "' ' cannot stand"),
        ("${a.${b}}", 1, 6, "cannot stand"),
        ("${a['b}", 1, 5, "quote is never closed"), ("${a['b'}", 1, 8, "']' is needed"),
        ("${a[b]}", 1, 5, "quoted name or a number"),
        ("${a[]}", 1, 5, "quoted name or a number"), ("${{ x }}", 1, 3, "cannot hold another"), ("é${a b}", 1, 6, "' '"),
        ("${a['b\\", 1, 5, "quote is never closed"),
    ])
    func saysWhereItCannotRead(_ text: String, _ line: Int, _ column: Int, _ reason: String) {
        let error = #expect(throws: PlaceholderSyntaxError.self) { try PlaceholderText(text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }

    /// Any text put through `escape` reads back as itself; any pieces print to a text that reads back as the same pieces.
    @Test func escapingIsUndoneByReading() throws {
        var random = SplitMix(seed: 4)
        let alphabet = ["$", "{", "}", "${", "a", ".", "'", "[", "\n", "é"]
        for _ in 0..<2000 {
            let literal = (0..<Int.random(in: 0...8, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }
                .joined()
            let back = try PlaceholderText(PlaceholderText.escape(literal)).pieces
            #expect(back == (literal.isEmpty ? [] : [.literal(literal)]), "\(literal)")
            let path = ["a"] + (0..<3).map { _ in alphabet.randomElement(using: &random) ?? "" }
            let text = PlaceholderText(pieces: [
                .literal("x"), .placeholder(Placeholder(path: path, offset: 1)), .literal("y" + literal),
            ])
            #expect(try PlaceholderText(text.text) == text, "\(text.text)")
        }
    }

    /// Any bytes at all either read or name a place within the text.
    @Test func neverLosesItsPlace() {
        var random = SplitMix(seed: 5)
        let alphabet = ["$", "{", "}", "${", "$\\{", "a", ".", "'", "\"", "[", "]", "\\", "\n", " ", "0"]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }
                .joined()
            do {
                _ = try PlaceholderText(text)
            } catch {
                #expect(error.offset <= text.utf8.count && error.line >= 1 && error.column >= 1, "\(text)")
            }
        }
    }
}
