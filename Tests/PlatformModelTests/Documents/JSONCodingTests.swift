import FoundationEssentials
import PlatformModel
import Testing

/// Wire types by our own coding against Foundation's.
@Suite struct JSONCodingTests {
    private static let wares: [Ware] = [
        Ware(
            name: "plain", small: 1, big: .max, ratio: 1.5, isNew: true, kind: .second, tags: [], prices: [:], free: .null,
            parts: []),
        Ware(
            name: "é\"\\\n", small: -128, big: .min, ratio: -0.25, isNew: false, kind: .first, note: "n", tags: ["a", "b"],
            prices: ["x": 1, "y": 2], free: ["a": [1, 1.5, nil, true, ["b": "c"]]],
            parts: [
                Ware(
                    name: "inner", small: 0, big: 0, ratio: 3, isNew: true, kind: .first, tags: [], prices: [:], free: [1],
                    parts: [])
            ],
            at: Place(x: 1, y: 2), choice: .number(7)),
    ]

    @Test(arguments: wares) func bothWriteAndReadTheSame(ware: Ware) throws {
        let ours = try JSON.encode(ware)
        let theirs = Array(try JSONEncoder().encode(ware))
        #expect(try JSON.parse(ours) == JSON.parse(theirs))
        #expect(try JSON.decode(Ware.self, from: theirs) == ware)
        #expect(try JSONDecoder().decode(Ware.self, from: Data(ours)) == ware)
        #expect(try JSON(encoding: ware).decode(Ware.self) == ware)
    }

    @Test func equalValuesGiveEqualBytes() throws {
        let ware = Self.wares[1]
        #expect(try JSON.encode(ware) == JSON(encoding: ware).canonicalBytes)
        #expect(try JSON(encoding: ["a": 3.0]) == ["a": 3])
        #expect(try JSON(encoding: [JSON.double(3)]) == [3])
        #expect(throws: JSONError.self) { try JSON.encode(["a": Double.infinity]) }
        #expect(throws: JSONError.self) { try JSON.encode([JSON.double(.nan)]) }
        #expect(throws: JSONError.self) { try JSON.encode([UInt64.max]) }
    }

    @Test(arguments: [
        (#"{"small": 1}"#, "name: missing"),
        (#"{"name": null}"#, "name: a string is needed, not null"),
        (#"{"name": "n", "small": 300}"#, "small: a whole number from -128 to 127 is needed, not a number"),
        (#"{"name": "n", "small": 1.5}"#, "small: a whole number from -128 to 127 is needed, not a number"),
        (#"{"name": "n", "small": "1"}"#, "small: a whole number is needed, not a string"),
        (#"{"name": "n", "small": 1, "big": 1, "ratio": 1, "isNew": 1}"#, "isNew: true or false is needed, not a number"),
        (
            #"{"name": "n", "small": 1, "big": 1, "ratio": 1, "isNew": true, "kind": "first", "tags": ["a", 2]}"#,
            "tags.[1]: a string is needed, not a number"
        ),
        (
            #"{"name": "n", "small": 1, "big": 1, "ratio": 1, "isNew": true, "kind": "first", "tags": {}}"#,
            "tags: a list is needed, not an object"
        ),
        ("[]", "the body: an object is needed, not a list"),
        ("", "not valid JSON: line 1, column 1: it ends where a value is expected"),
    ]) func anErrorNamesTheFieldAndWhatItNeeds(text: String, message: String) {
        do {
            _ = try JSON.decode(Ware.self, from: Array(text.utf8))
            Issue.record("decoded")
        } catch { #expect(error.message == message) }
    }
}

struct Ware: Codable, Hashable, Sendable {
    enum Kind: String, Codable { case first, second }
    enum Choice: Codable, Hashable { case text(String), number(Int) }

    var name: String
    var small: Int8
    var big: Int64
    var ratio: Double
    var isNew: Bool
    var kind: Kind
    var note: String?
    var tags: [String]
    var prices: [String: Int]
    var free: JSON
    var parts: [Ware]
    var at: Place?
    var choice: Choice?
}

/// Written as a list, by its containers.
struct Place: Codable, Hashable, Sendable {
    var x: Int
    var y: Int

    init(x: Int, y: Int) { (self.x, self.y) = (x, y) }

    init(from decoder: any Decoder) throws {
        var outer = try decoder.unkeyedContainer()
        var inner = try outer.nestedUnkeyedContainer()
        (x, y) = (try inner.decode(Int.self), try outer.decode(Int.self))
    }

    func encode(to encoder: any Encoder) throws {
        var outer = encoder.unkeyedContainer()
        var inner = outer.nestedUnkeyedContainer()
        try outer.encode(y)
        try inner.encode(x)
    }
}
