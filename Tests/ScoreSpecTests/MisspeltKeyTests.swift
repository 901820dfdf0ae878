import FoundationEssentials
import PlatformModel
import ScoreSpec
import Testing
import YAML

/// Misspells every key of the schema, and every key of the demo's own Score file, one at a time: the answer has the file, the line,
/// the column and the right key.
@Suite struct MisspeltKeyTests {
    struct Key: Sendable, CustomTestStringConvertible {
        var text: String
        var path: [String]
        var mark: YAMLMark
        var testDescription: String { path.joined(separator: ".") }
    }

    /// `docs/examples/visits/score.yaml`, found from this file.
    static let visits: String = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return (try? String(contentsOfFile: "/\(root)/docs/examples/visits/score.yaml", encoding: .utf8)) ?? ""
    }()

    /// Names that the author of a Score file chooses: under these, any key is valid.
    private static func isChosen(_ path: [String]) -> Bool {
        let parent = path.dropLast()
        switch parent.first {
        case "metadata": return path != ["metadata", "name"] && path != ["metadata", "annotations"]
        case "service": return parent.count == 2
        case "containers":
            return parent.count == 1 || (parent.count == 3 && ["variables", "files", "volumes", "before"].contains(parent[2]))
        // The parameters of a route are the type's.
        case "resources" where Array(parent) == ["resources", "route", "params"]: return false
        case "resources": return parent.count == 1 || (parent.count >= 3 && path != Array(parent) + ["annotations"])
        default: return false
        }
    }

    static let keys = keys(of: everything)
    static let visitsKeys = keys(of: visits)

    private static func keys(of text: String) -> [Key] {
        guard let root = try? YAMLDocument.parse(Array(text.utf8), file: "score.yaml") else { return [] }
        var keys: [Key] = []
        func walk(_ node: YAMLNode, _ path: [String]) {
            for entry in node.entries ?? [] {
                let path = path + [entry.key.text]
                if !isChosen(path) { keys.append(Key(text: text, path: path, mark: entry.key.mark)) }
                walk(entry.value, path)
            }
            for (index, element) in (node.elements ?? []).enumerated() { walk(element, path + ["\(index)"]) }
        }
        walk(root, [])
        return keys
    }

    @Test func findsTheKeys() {
        #expect(Self.keys.count >= 60)
        #expect(problems(everything).isEmpty, "\(problems(everything))")
        #expect(Self.visitsKeys.count >= 20)
        #expect(problems(Self.visits).isEmpty, "\(problems(Self.visits))")
    }

    @Test(arguments: keys + visitsKeys) func saysWhichKeyWasMeant(key: Key) throws {
        let right = try #require(key.path.last)
        for wrong in [right + "x", String(right.dropLast()) + "q", swapped(right)] where wrong != right {
            var lines = key.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
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
