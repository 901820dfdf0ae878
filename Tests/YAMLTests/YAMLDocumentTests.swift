import PlatformModel
import Testing
import YAML

func parse(_ text: String, limits: YAMLLimits = .default) throws(YAMLError) -> YAMLNode {
    try YAMLDocument.parse(Array(text.utf8), file: "a.yaml", limits: limits)
}

/// The problems of a text, as people see them.
func problems(_ text: String, limits: YAMLLimits = .default) -> [String] {
    do throws(YAMLError) {
        _ = try parse(text, limits: limits)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite struct YAMLDocumentTests {
    @Test func marksEveryNode() throws {
        let node = try parse("# a comment\nweb:\n  image: busybox\n  args:\n  - one\n  - ä: 2\n")
        #expect(node.mark == YAMLMark(line: 2, column: 1))
        #expect(node.node(at: ["web", "image"])?.mark == YAMLMark(line: 3, column: 10))
        #expect(node.node(at: ["web", "args", "1"])?.mark == YAMLMark(line: 6, column: 5))
        #expect(node.node(at: ["web", "args", "1", "ä"])?.mark == YAMLMark(line: 6, column: 8))
        #expect(node.mark(at: ["web", "image"]) == YAMLMark(line: 3, column: 3))
        #expect(node.mark(at: ["web", "args", "7", "x"]) == YAMLMark(line: 4, column: 3))
        #expect(node["web"]?["image"]?.string == "busybox")
        #expect(node["web"]?.entries?.map(\.key.text) == ["image", "args"])
    }

    @Test func keepsTheOrderAndGivesJSON() throws {
        let node = try parse("b: [1, 2.5, null, {c: d}]\na: |\n  x\n  y\n1: true\n")
        #expect(node.json == ["a": "x\ny\n", "b": [1, 2.5, nil, ["c": "d"]], "1": true])
        #expect(node.entries?.map(\.key.text) == ["b", "a", "1"])
    }

    @Test func emptyTextIsNull() throws {
        for text in ["", "\n", "# nothing\n", "---\n", "\u{FEFF}"] { #expect(try parse(text).json == .null) }
    }

    @Test func readsStreamsOfDocuments() throws {
        let all = try YAMLDocument.parseAll(Array("a: 1\n---\nb: 2\n---\n- c\n".utf8), file: "a.yaml")
        #expect(all.map(\.json) == [["a": 1], ["b": 2], ["c"]])
        #expect(problems("a: 1\n---\nb: 2\n").first?.hasPrefix("a.yaml:3:1: YAML-109") == true)
    }

    @Test func aliasesStandForTheirAnchors() throws {
        let node = try parse("base: &b {x: 1}\ncopy: *b\nlist: [&s text, *s]\n")
        #expect(node.json == ["base": ["x": 1], "copy": ["x": 1], "list": ["text", "text"]])
        #expect(node["copy"]?.mark == YAMLMark(line: 1, column: 7))
    }

    @Test func mergeKeysFillInWhatIsAbsent() throws {
        let node = try parse(
            """
            one: &one {a: 1, b: 1}
            two: &two {b: 2, c: 2}
            single: {<<: *one, b: 0}
            several: {<<: [*one, *two], d: 3}
            quoted: {"<<": text}
            """)
        #expect(node["single"]?.json == ["a": 1, "b": 0])
        #expect(node["several"]?.json == ["a": 1, "b": 1, "c": 2, "d": 3])
        #expect(node["quoted"]?.json == ["<<": "text"])
    }

    @Test(arguments: [
        (
            "a: 1\nb: 2\na: 3\n",
            ["a.yaml:3:1: YAML-106 the document: the key 'a' is already at line 1, column 1; keep one of them"]
        ),
        (
            "caf\u{e9}: 1\ncafe\u{301}: 2\n",
            [
                "a.yaml:2:1: YAML-106 the document: the key 'cafe\u{301}' has the same letters as the one at line 1, column 1, "
                    + "only composed otherwise"
            ]
        ),
        ("x: !color red\n", ["a.yaml:1:4: YAML-107"]),
        ("x: !!binary aGk=\n", ["a.yaml:1:4: YAML-107"]),
        ("x: !!int hello\n", ["a.yaml:1:4: YAML-112"]),
        ("x: *nme\ny: &name 1\n", ["a.yaml:1:4: YAML-108"]),
        (
            "name: &name 1\nx: *nme\n",
            ["a.yaml:2:4: YAML-108 the document: there is no anchor '&nme' before this; did you mean '*name'?"]
        ),
        ("x: &x [*x]\n", ["a.yaml:1:8: YAML-108"]),
        ("? [a]\n: 1\n", ["a.yaml:1:3: YAML-111"]),
        ("x: {<<: 3}\n", ["a.yaml:1:9: YAML-110"]),
        ("x: [1\ny: 2\n", ["a.yaml:2:2: YAML-101"]),
        ("a:\n\tb: 1\n", ["a.yaml:2:1: YAML-101 the document: a tab may not indent YAML; use spaces"]),
        ("a: b: c\n", ["a.yaml:1:5: YAML-101 the document: a ':' is not allowed here"]),
        ("a: 1\na: 2\nb: !x 1\n", ["a.yaml:2:1: YAML-106", "a.yaml:3:4: YAML-107"]),
        ("a: 1\na: 2\nb: [\n", ["a.yaml:2:1: YAML-106", "a.yaml:4:1: YAML-101"]),
        ("a: \u{1}\n", ["a.yaml:1:4: YAML-102 the document: the character U+1 is not allowed"]),
    ])
    func refusesWithPlaceAndReason(text: String, expected: [String]) {
        let found = problems(text)
        #expect(found.count == expected.count, "\(found)")
        for (problem, start) in zip(found, expected) { #expect(problem.hasPrefix(start), "\(problem)") }
    }

    @Test func refusesOtherEncodings() {
        func code(_ bytes: [UInt8]) -> String? {
            do throws(YAMLError) {
                _ = try YAMLDocument.parse(bytes, file: "a.yaml")
                return nil
            } catch { return error.description }
        }
        #expect(
            code([0xFF, 0xFE, 0x61, 0]) == "a.yaml:1:1: YAML-102 the document: the file is UTF-16 or UTF-32; save it as UTF-8")
        #expect(code([0, 0x61, 0, 0x3A])?.contains("YAML-102") == true)
        #expect(
            code(Array("ä: 1\nb: x".utf8) + [0xE4, 0x0A])
                == "a.yaml:2:5: YAML-102 the document: the byte 0xE4 is not UTF-8; save the file as UTF-8")
    }
}
