import PlatformModel
import ScoreSpec
import Testing
import YAML

/// Misspells every key of the schema, one at a time: the answer has the file, the line, the column and the right key.
@Suite struct MisspeltKeyTests {
    struct Key: Sendable, CustomTestStringConvertible {
        var path: [String]
        var mark: YAMLMark
        var testDescription: String { path.joined(separator: ".") }
    }

    /// Names that the author of a Score file chooses: under these, any key is valid.
    private static func isChosen(_ path: [String]) -> Bool {
        let parent = path.dropLast()
        switch parent.first {
        case "metadata": return path != ["metadata", "name"] && path != ["metadata", "annotations"]
        case "service": return parent.count == 2
        case "containers":
            return parent.count == 1 || (parent.count == 3 && ["variables", "files", "volumes", "before"].contains(parent[2]))
        case "resources": return parent.count == 1 || (parent.count >= 3 && path != Array(parent) + ["annotations"])
        default: return false
        }
    }

    static let keys: [Key] = {
        guard let root = try? YAMLDocument.parse(Array(everything.utf8), file: "score.yaml") else { return [] }
        var keys: [Key] = []
        func walk(_ node: YAMLNode, _ path: [String]) {
            for entry in node.entries ?? [] {
                let path = path + [entry.key.text]
                if !isChosen(path) { keys.append(Key(path: path, mark: entry.key.mark)) }
                walk(entry.value, path)
            }
            for (index, element) in (node.elements ?? []).enumerated() { walk(element, path + ["\(index)"]) }
        }
        walk(root, [])
        return keys
    }()

    @Test func findsTheKeys() {
        #expect(Self.keys.count >= 60)
        #expect(problems(everything).isEmpty, "\(problems(everything))")
    }

    @Test(arguments: keys) func saysWhichKeyWasMeant(key: Key) throws {
        let right = try #require(key.path.last)
        for wrong in [right + "x", String(right.dropLast()) + "q", swapped(right)] where wrong != right {
            var lines = everything.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let line = Array(lines[key.mark.line - 1])
            let start = key.mark.column - 1
            lines[key.mark.line - 1] = String(line[..<start] + Array(wrong) + line[(start + right.count)...])
            let text = lines.joined(separator: "\n")

            var found = problems(text)
            if found.isEmpty { found = try read(text).warnings }
            let expected = found.filter { $0.line == key.mark.line && $0.column == key.mark.column && $0.file == "score.yaml" }
            #expect(expected.count == 1, "\(wrong): \(found)")
            #expect(expected.first?.suggestion == right, "\(wrong): \(found)")
            // Nothing else is blamed at other keys, but for texts that lose what they refer to.
            #expect(found.allSatisfy { $0.line == key.mark.line || $0.code.hasPrefix("SCORE-2") }, "\(wrong): \(found)")
        }
    }

    /// Two neighbours swapped in the middle.
    private func swapped(_ name: String) -> String {
        var characters = Array(name)
        if characters.count > 3 { characters.swapAt(1, 2) }
        return String(characters)
    }
}
