import LogRules
import PlatformModel
import SecretMasking
import Testing

struct LogLineReaderTests {
    @Test("Lines end with a newline, a carriage return before it is not of the line, and the last line needs none")
    func lines() {
        var reader = LogLineReader(SecretPatterns())
        #expect(reader.read("one\r\ntwo\n\nth".utf8) == ["one", "two", ""])
        #expect(reader.read("ree".utf8).isEmpty)
        #expect(reader.finish() == ["three"])
        #expect(reader.finish().isEmpty)
    }

    @Test("A line over the limit is cut and says so; the memory it needs is the limit")
    func cut() {
        var reader = LogLineReader(SecretPatterns(), maximumLength: 8)
        #expect(reader.read("12345678\n123456789\n".utf8) == ["12345678", "12345678 [1 bytes more were cut]"])
        var splitter = LineSplitter()
        for _ in 0..<64 { #expect(splitter.split([UInt8](repeating: 0x61, count: 65_536)).isEmpty) }
        let line = splitter.split([0x0a]).first
        #expect(line?.bytes.count == LineSplitter.maximumLength && line?.omitted == 64 * 65_536 - LineSplitter.maximumLength)
    }

    @Test(
        "What would move a cursor, turn a line round or end it is made visible",
        arguments: [
            ("plain\ttext ünïcödé 🙂", "plain\ttext ünïcödé 🙂"), ("\u{1b}[31mred", "␛[31mred"), ("a\u{0}b", "a␀b"),
            ("a\rb", "a␍b"),
            ("del\u{7f}", "del␡"), ("\u{9b}2J", "<U+009B>2J"), ("x\u{202e}cod.exe", "x<U+202E>cod.exe"),
            ("a\u{2028}b", "a<U+2028>b"),
        ])
    func harmless(raw: String, shown: String) {
        #expect(HarmlessText.text(of: raw) == shown)
        #expect(HarmlessText.text(of: HarmlessText.text(of: raw)) == shown)
    }

    @Test("Invalid UTF-8 is shown as such")
    func invalid() { #expect(HarmlessText.text(of: [0x61, 0xff, 0x62]) == "a\u{fffd}b") }

    @Test(
        "Our tokens are known by their form",
        arguments: [
            ("Bearer mrt_0123456789abcdefABCDEF rest", "Bearer mrt_****** rest"),
            ("mrt_0123456789abcdef", "mrt_******"), ("mrt_short", "mrt_short"), ("mrt_", "mrt_"), ("mr", "mr"),
            ("mrt_mrt_0123456789abcdef,mrt_0123456789abcdef.", "mrt_******,mrt_******."),
        ])
    func tokens(raw: String, shown: String) { #expect(TokenPattern.masking(raw) == shown) }

    @Test("A token that is cut into chunks is one, and a secret over two lines leaves one line")
    func together() throws {
        var reader = LogLineReader(try SecretPatterns(secrets: ["top\nsecret"]))
        var lines: [String] = []
        for byte in "t=mrt_0123456789abcdefgh\nx top\nsecret y\n".utf8 { lines += reader.read([byte]) }
        #expect(lines == ["t=mrt_******", "x ****** y"])
    }

    @Test("New secrets hold from the next byte on")
    func replaced() throws {
        var reader = LogLineReader(try SecretPatterns(secrets: ["first-secret"]))
        #expect(reader.read("a first-secret\nb fir".utf8) == ["a ******"])
        #expect(reader.use(try SecretPatterns(secrets: ["second-secret"])).isEmpty)
        #expect(reader.read("st second-".utf8).isEmpty)
        #expect(reader.read("secret\n".utf8) == ["b first ******"])
    }
}
