import PlatformModel
import Testing
import YAML

@Suite struct YAMLWriterTests {
    @Test func writesWhatPeopleWouldWrite() {
        let value: JSON = [
            "kind": "ConfigMap", "apiVersion": "v1", "list": ["a", ["b": 1, "c": ["d"]], [1, 2], []], "empty": [:],
            "script": "#!/bin/sh\necho hi\n", "no-newline": "one\n  two",
            "special": ["yes", "1", "a: b", "", " x", "ends:", "*"], "n": nil,
            "image": "nginx:1.2", "path": "/a/b", "schedule": "15 1,7 * * *", "version": "1.2.3", "date": "2026-11-21",
            "v": "${x.y}",
        ]
        #expect(
            YAMLWriter(firstKeys: ["apiVersion", "kind"]).text(of: value) == """
                apiVersion: v1
                kind: ConfigMap
                date: "2026-11-21"
                empty: {}
                image: nginx:1.2
                list:
                  - a
                  - b: 1
                    c:
                      - d
                  -
                    - 1
                    - 2
                  - []
                "n": null
                no-newline: |-
                  one
                    two
                path: /a/b
                schedule: 15 1,7 * * *
                script: |
                  #!/bin/sh
                  echo hi
                special:
                  - "yes"
                  - "1"
                  - "a: b"
                  - ""
                  - " x"
                  - "ends:"
                  - "*"
                v: ${x.y}
                version: "1.2.3"

                """)
    }

    /// Whatever is written reads back as the same value, in both directions and at any depth.
    @Test func readsBackAsTheSame() throws {
        var generator = Generator(state: 7)
        for round in 0..<4000 {
            let value = generator.value(depth: 4)
            let text = YAMLWriter().text(of: value)
            do {
                let back = try YAMLDocument.parse(Array(text.utf8), file: "a").json
                #expect(back == value, "round \(round):\n\(text)\n\(value.canonical)\n\(back.canonical)")
                #expect(YAMLWriter().text(of: back) == text)
            } catch {
                Issue.record("round \(round): \(error)\n\(text)\n\(value.canonical)")
            }
        }
    }

    @Test func longKeysReadBack() throws {
        let value: JSON = [String(repeating: "k", count: 5000): ["a": [1]], String(repeating: "ä\n", count: 600): "x\ny"]
        #expect(try YAMLDocument.parse(Array(YAMLWriter().text(of: value).utf8), file: "a").json == value)
    }

    @Test func writesStreams() throws {
        let text = YAMLWriter().text(of: [["a": 1], "x", []])
        #expect(text == "a: 1\n---\nx\n---\n[]\n")
        #expect(try YAMLDocument.parseAll(Array(text.utf8), file: "a").map(\.json) == [["a": 1], "x", []])
    }
}

/// Values made of what is awkward in YAML.
private struct Generator {
    var state: UInt64

    mutating func random(_ below: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % below
    }

    static let pieces = [
        "a", "b", " ", "  ", "\n", "\n\n", "\t", ":", ": ", "#", " #", "-", "- ", "---", "...", "{", "}", "[", "]", ",", "'",
        "\"", "\\", "|", ">",
        "!", "&", "*", "?", "%", "@", "`", "~", "=", "<<", "0", "1", "0x1", "017", "1e3", ".", ".5", "_", "+", "yes", "null",
        "true", "ä", "日", "😀",
        "\u{85}", "\u{A0}", "\u{2028}", "\u{FEFF}", "\u{7F}", "\u{1}", "\u{1B}", "\r", "\r\n", "é", "e\u{301}", "\u{FFFE}", "$",
        "/", "(",
    ]

    mutating func string() -> String {
        (0..<random(5)).map { _ in Self.pieces[random(Self.pieces.count)] }.joined()
    }

    mutating func value(depth: Int) -> JSON {
        switch random(depth > 0 ? 9 : 6) {
        case 0: return .null
        case 1: return .bool(random(2) == 0)
        case 2: return .int(Int64(bitPattern: state) >> random(64))
        case 3: return .double(Double(random(1_000_000)) / Double(1 + random(1000)) * (random(2) == 0 ? 1e300 : -1e-5))
        case 4, 5: return .string(string())
        case 6: return .array((0..<random(4)).map { _ in value(depth: depth - 1) })
        default:
            var members: [String: JSON] = [:]
            for _ in 0..<random(4) { members[string()] = value(depth: depth - 1) }
            return .object(members)
        }
    }
}
