import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

/// Our reader against Foundation's, which finds out what a value is by trying.
@Suite struct JSONReaderTests {
    private static func foundation(_ text: [UInt8]) -> JSON? { (try? JSONDecoder().decode(Tried.self, from: Data(text)))?.json }
    private static func ours(_ text: [UInt8]) -> JSON? { try? JSON.parse(text) }

    @Test(arguments: [
        "null", "true", "false", " \t\r\n[ ] ", "{}", #"{"a":1,"b":[true,null]}"#, "0", "-0", "-1", "9223372036854775807",
        "-9223372036854775808", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1.5", "1.0",
        "-0.0", "1e2",
        "1E+2", "1e-2", "12.50e1", "1e400", "-1e400", "1e-400", "01", "-01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "NaN",
        "Infinity",
        #""""#, #""a\"b\\c\/d\b\f\n\r\t""#, #""\u0041\u00e9\u20ac""#, #""\ud83d\ude00""#, #""\ud83d""#, #""\ude00""#,
        #""\ud83d\u0041""#,
        #""\u12""#, #""\x""#, #""\""#, #"""#, "\"a\nb\"", "\"a\u{0}b\"", "\"é€😀\"", "\u{FEFF}1", "tru", "nul", "[,1]", "[1 2]",
        "{\"a\"}",
        "{\"a\":}", "{a:1}", "{'a':1}", "{\"a\":1 \"b\":2}", "1 2", "[1]]", "", " ", "[", "{", "// c\n1", "[1,/* c */2]",
        "{\"e\u{301}\":1}",
    ]) func readsWhatFoundationReads(text: String) {
        #expect(Self.ours(Array(text.utf8)) == Self.foundation(Array(text.utf8)))
    }

    /// Foundation takes a comma too many, and the first of two members of one name: Go and PostgreSQL do not (RFC 8259 sections 2 and 4).
    @Test func isLikeGoWhereFoundationIsNot() throws {
        #expect(Self.ours(Array("[1,]".utf8)) == nil && Self.ours(Array("{\"a\":1,}".utf8)) == nil)
        #expect(try JSON.parse(#"{"a":1,"a":2}"#) == ["a": 2])
    }

    @Test func refusesWhatIsNotUTF8() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22],
        ] {
            #expect(Self.ours(bytes) == nil && Self.foundation(bytes) == nil)
        }
    }

    @Test func depthIsBounded() {
        func lists(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(Self.ours(lists(512)) != nil)
        #expect(Self.ours(lists(513)) == nil)
        #expect(Self.ours(Array(String(repeating: "[", count: 1_000_000).utf8)) == nil)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func whatIsWrittenIsReadAgain(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let document = JSON.random(depth: 5, &random)
        #expect(try JSON.parse(document.canonical) == document)
        // And with one byte changed both read the same, or neither reads.
        var broken = document.canonicalBytes
        broken[Int.random(in: broken.indices, using: &random)] = UInt8.random(in: 0x20...0x7E, using: &random)
        #expect(Self.ours(broken) == Self.foundation(broken), "\(String(decoding: broken, as: UTF8.self))")
    }

    @Test func aProblemSaysWhereAndNeverWhat() {
        let secret = "hunter2"
        #expect(throws: JSONError.self) { try JSON.parse("{\"password\": \(secret)}") }
        do { _ = try JSON.parse("{\n  \"password\": \(secret)}") } catch {
            #expect(error.message == "not valid JSON: line 2, column 15: a value is expected")
        }
    }
}

/// JSON as Foundation's decoder sees it.
private struct Tried: Decodable {
    let json: JSON

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            json = .null
        } else if let value = try? container.decode(Bool.self) {
            json = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            json = .int(value)
        } else if let value = try? container.decode(Double.self) {
            json = .double(value)
        } else if let value = try? container.decode(String.self) {
            json = .string(value)
        } else if let value = try? container.decode([Tried].self) {
            json = .array(value.map(\.json))
        } else {
            json = .object(try container.decode([String: Tried].self).mapValues(\.json))
        }
    }
}
