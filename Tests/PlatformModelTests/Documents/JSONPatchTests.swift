import PlatformModel
import TestSupport
import Testing

struct JSONPatchTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var document: JSON, operations: [PatchOperation], expected: JSON
        var testDescription: String { operations.map { "\($0.op) \($0.path)" }.joined(separator: ", ") }
    }

    /// The examples of RFC 6902 appendix A, and the edges of arrays.
    static let rows: [Row] = [
        Row(
            document: ["foo": "bar"], operations: [.init(op: "add", path: "/baz", value: "qux")],
            expected: ["baz": "qux", "foo": "bar"]),
        Row(
            document: ["foo": ["bar", "baz"]], operations: [.init(op: "add", path: "/foo/1", value: "qux")],
            expected: ["foo": ["bar", "qux", "baz"]]),
        Row(document: ["baz": "qux", "foo": "bar"], operations: [.init(op: "remove", path: "/baz")], expected: ["foo": "bar"]),
        Row(
            document: ["foo": ["bar", "qux", "baz"]], operations: [.init(op: "remove", path: "/foo/1")],
            expected: ["foo": ["bar", "baz"]]),
        Row(document: ["baz": "qux"], operations: [.init(op: "replace", path: "/baz", value: "boo")], expected: ["baz": "boo"]),
        Row(
            document: ["foo": ["bar": "baz", "waldo": "fred"], "qux": ["corge": "grault"]],
            operations: [.init(op: "move", path: "/qux/thud", from: "/foo/waldo")],
            expected: ["foo": ["bar": "baz"], "qux": ["corge": "grault", "thud": "fred"]]),
        Row(
            document: ["foo": ["all", "grass", "cows", "eat"]], operations: [.init(op: "move", path: "/foo/3", from: "/foo/1")],
            expected: ["foo": ["all", "cows", "eat", "grass"]]),
        Row(
            document: ["baz": "qux", "foo": ["a", 2, "c"]],
            operations: [.init(op: "test", path: "/baz", value: "qux"), .init(op: "test", path: "/foo/1", value: 2.0)],
            expected: ["baz": "qux", "foo": ["a", 2, "c"]]),
        Row(
            document: ["foo": "bar"], operations: [.init(op: "add", path: "/child", value: ["grandchild": [:]])],
            expected: ["foo": "bar", "child": ["grandchild": [:]]]),
        Row(
            document: ["/": 9, "~1": 10], operations: [.init(op: "test", path: "/~01", value: 10)], expected: ["/": 9, "~1": 10]),
        Row(
            document: ["foo": ["bar"]], operations: [.init(op: "add", path: "/foo/-", value: ["abc", "def"])],
            expected: ["foo": ["bar", ["abc", "def"]]]),
        Row(document: ["a": 1], operations: [.init(op: "copy", path: "/b", from: "/a")], expected: ["a": 1, "b": 1]),
        Row(document: ["a": 1], operations: [.init(op: "replace", path: "", value: [2])], expected: [2]),
        Row(document: ["a": ["b": 1]], operations: [.init(op: "move", path: "/a", from: "/a/b")], expected: ["a": 1]),
        Row(document: ["a": ["b": 1]], operations: [.init(op: "move", path: "/a", from: "/a")], expected: ["a": ["b": 1]]),
        Row(document: ["a": 1], operations: [.init(op: "add", path: "/a", value: .null)], expected: ["a": .null]),
        Row(
            document: ["a": [[1], [2]]], operations: [.init(op: "add", path: "/a/1/0", value: 3)],
            expected: ["a": [[1], [3, 2]]]),
    ]

    @Test(arguments: rows) func applies(_ row: Row) throws {
        #expect(try row.document.applying(row.operations) == row.expected)
    }

    @Test(arguments: [
        (PatchOperation(op: "remove", path: "/contaners"), "did you mean 'containers'?"),
        (PatchOperation(op: "replace", path: "/list/5", value: 1), "'5' names no element of an array of 2"),
        (PatchOperation(op: "add", path: "/list/3", value: 1), "array of 2"),
        (PatchOperation(op: "add", path: "/none/x", value: 1), "no member 'none'"),
        (PatchOperation(op: "add", path: "/containers/x/y", value: 1), "looks into a number"),
        (PatchOperation(op: "test", path: "/containers/x", value: 2), "another one"),
        (PatchOperation(op: "replce", path: "/x", value: 1), "did you mean 'replace'?"),
        (PatchOperation(op: "add", path: "/x"), "needs a value"),
        (PatchOperation(op: "copy", path: "/x"), "needs 'from'"),
        (PatchOperation(op: "move", path: "/containers/x", from: "/containers"), "into itself"),
        (PatchOperation(op: "remove", path: ""), "whole document"),
        (PatchOperation(op: "remove", path: "x"), "does not start with '/'"),
        (PatchOperation(op: "remove", path: "/list/-"), "'-' names no element"),
    ])
    func refusesAndChangesNothing(_ operation: PatchOperation, _ reason: String) {
        var document: JSON = ["containers": ["x": 1], "list": [1, 2]]
        let before = document
        let error = #expect(throws: PatchError.self) {
            try document.apply([PatchOperation(op: "add", path: "/new", value: 1), operation])
        }
        #expect(document == before)
        #expect(error?.index == 1)
        #expect(error?.path == operation.path)
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    /// A few hundred bytes that would take a terabyte.
    @Test func copiesCannotDoubleForEver() {
        let operations = (0..<40).map { PatchOperation(op: "copy", path: "/a/\($0)", from: "/a") }
        let document: JSON = ["a": ["text": .string(String(repeating: "x", count: 1000))]]
        let error = #expect(throws: PatchError.self) { try document.applying(operations) }
        #expect(error?.reason == "the operations would make more than 16 MiB")
    }

    /// Nothing may nest deeper than what walks it can stand, by whichever operation.
    @Test(arguments: ["add", "copy", "move", "replace"]) func nestingIsBounded(_ op: String) {
        var document: JSON = ["deep": [:], "next": ["x": 1]]
        var path = "/deep"
        let error = #expect(throws: PatchError.self) {
            while path.utf8.count < 2000 {
                path += "/d"
                document = try document.applying(
                    op == "replace"
                        ? [.init(op: "add", path: path, value: 1), .init(op: op, path: path, value: [:])]
                        : [.init(op: op, path: path, from: "/next", value: [:]), .init(op: "add", path: "/next", value: [:])])
            }
        }
        #expect(error?.reason == "the document would nest deeper than 256")
        #expect((500..<530).contains(path.utf8.count))
    }

    /// For random documents: adding at a place and removing it again is nothing, and what was added stands there.
    @Test func addThenRemoveIsNothing() throws {
        var random = SplitMix(seed: 20)
        for _ in 0..<400 {
            let document = JSON.random(depth: 4, &random)
            for pointer in document.places() {
                guard case .object? = document[pointer] else { continue }
                let place = pointer.appending("new/~\(random.next() % 3)")
                let added = try document.applying([.init(op: "add", path: place.description, value: [1])])
                #expect(added[place] == [1])
                #expect(try added.applying([.init(op: "remove", path: place.description)]) == document)
            }
        }
    }

    /// For random documents and every place in them: replace then test holds, and nothing else changes.
    @Test func replaceChangesOnePlace() throws {
        var random = SplitMix(seed: 21)
        for _ in 0..<200 {
            let document = JSON.random(depth: 4, &random)
            let places = document.places()
            for place in places {
                let changed = try document.applying([
                    .init(op: "replace", path: place.description, value: "changed"),
                    .init(op: "test", path: place.description, value: "changed"),
                ])
                for other in places where !other.contains(place) && !place.contains(other) {
                    #expect(changed[other] == document[other])
                }
            }
        }
    }
}
