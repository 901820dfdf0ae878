import Glibc
import PlatformModel
import Testing
import YAML

/// Each text ends in an error (or a value) soon, and without much memory.
@Suite(.serialized) struct HostileInputTests {
    static let laughs: String = {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        return text
    }()

    static let mergeLaughs: String = {
        var text = "m0: &m0 {" + (0..<300).map { "k\($0): 0" }.joined(separator: ", ") + "}\n"
        for level in 1...2000 { text += "m\(level): {<<: [" + Array(repeating: "*m0", count: 50).joined(separator: ",") + "]}\n" }
        return text
    }()

    struct Hostile: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var code: String

        init(_ name: String, _ text: String, _ code: String) { (testDescription, self.text, self.code) = (name, text, code) }
    }

    static let texts: [Hostile] = [
        Hostile("billion laughs", laughs, "YAML-105"),
        Hostile("merge laughs", mergeLaughs, "YAML-105"),
        Hostile(
            "long text laughs",
            "a: &a " + String(repeating: "x", count: 1 << 20) + "\nb: [" + String(repeating: "*a,", count: 1000) + "]",
            "YAML-105"),
        Hostile(
            "long list laughs",
            "a: &a [" + String(repeating: "x", count: 1 << 20) + "]\nb: [" + String(repeating: "*a,", count: 1000) + "]",
            "YAML-105"),
        Hostile("NUL in a value", #"a: {b: "x\0y"}"#, "a.yaml:1:8"),
        Hostile("NUL in a key", #""a\x00": 1"#, "U+0000"),
        Hostile("flow depth", String(repeating: "[", count: 1 << 20), "YAML-10"),
        Hostile("flow mapping depth", String(repeating: "{a: ", count: 1 << 20), "YAML-10"),
        Hostile("block depth", String(repeating: "- ", count: 1 << 20), "YAML-104"),
        Hostile("question marks", String(repeating: "? ", count: 1 << 20), "YAML-104"),
        Hostile("many nodes", "[" + String(repeating: "a,", count: 1 << 20) + "]", "YAML-105"),
        Hostile("many documents", String(repeating: "---\n", count: 1 << 20), "YAML-10"),
        Hostile("too large", String(repeating: "a", count: (4 << 20) + 1), "YAML-103"),
        Hostile("tag directives", (0..<200_000).map { "%TAG !t\($0)! x\n" }.joined(), "YAML-101"),
        Hostile("open quote", "a: \"" + String(repeating: "x\n", count: 1 << 20), "YAML-101"),
        Hostile("many anchors", (0..<150_000).map { "- &a\($0) x\n" }.joined() + "- *b", "YAML-105"),
        Hostile("duplicate keys", String(repeating: "a: 1\n", count: 90_000), "YAML-106"),
        Hostile("alias chain", "- &a [x]\n" + (0..<300).map { "- &a [*a]\n#\($0)\n" }.joined(), "YAML-108"),
        Hostile("colons", String(repeating: "a:", count: 1 << 20), ""),
    ]

    @Test(arguments: texts) func endsSoon(hostile: Hostile) {
        let bytes = Array(hostile.text.utf8)
        let started = Self.seconds()
        var message = ""
        do throws(YAMLError) { _ = try YAMLDocument.parseAll(bytes, file: "a.yaml") } catch { message = error.description }
        // Optimised it is a tenth of a second; this is the time of the processor without optimisation, whatever runs beside.
        #expect(Self.seconds() - started < 10)
        #expect(hostile.code.isEmpty || message.contains(hostile.code), "\(message.prefix(300))")
    }

    /// The processor time of this thread.
    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test func cuttingAndMutatingATextNeverHurts() throws {
        let text = Array("a: &x\n  - \"q\\u00e4\"\n  - {b: [1, 2.5, ~]}\n? |\n  key\n: *x\n<<: {c: d}\n".utf8)
        var state: UInt64 = 42
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        var refused = 0
        for length in text.indices { refused += (try? YAMLDocument.parse(Array(text[..<length]), file: "a")) == nil ? 1 : 0 }
        for _ in 0..<3000 {
            var mutated = text
            for _ in 0...random(3) { mutated[random(mutated.count)] = UInt8(random(256)) }
            refused += (try? YAMLDocument.parse(mutated, file: "a")) == nil ? 1 : 0
        }
        #expect(refused > 1000)
    }
}
