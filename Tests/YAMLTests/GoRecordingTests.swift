import FoundationEssentials
import PlatformModel
import Testing
import YAML

/// Texts read as Go's yaml.v3 reads them; see `Recorder/README.md`.
@Suite struct GoRecordingTests {
    /// Where we differ on purpose: document -> why.
    private static let differences: [String: String] = [
        "a: \"x\\\n  y\\n\\t\\x41\\u00e4\\U0001F600\\0\"\n": "a NUL cannot be stored",
        "~: a\n": "keys are texts as written", "0x10: a\n": "keys are texts as written",
        "a: ! 1\n": "by YAML 1.2 a lone '!' makes a string", "a: !\n": "by YAML 1.2 a lone '!' makes a string",
        "%YAML 1.2\n---\na: 1\n": "what is meant for 1.2 is read", "a: !foo 1\n": "a tag that means nothing here is no value",
        "a: \"\\/\\e\\_\\N\"\n": "every escape of YAML 1.2 is read",
        "a: !!binary aGk=\n": "bytes have no place in these documents",
    ]

    private static let lines: [JSON] = {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/go.jsonl")
        guard let data = try? Data(contentsOf: url) else { return [] }
        return Array(data).split(separator: 0x0A).compactMap { try? JSON.parse($0) }
    }()

    /// A recorded value: numbers carry their type, a time is the text it was written as.
    private static func value(_ recorded: JSON, text: String) -> JSON {
        switch recorded {
        case .array(let elements): return .array(elements.map { value($0, text: text) })
        case .object(let members):
            if let number = members["$int"]?.string { return Int64(number).map { .int($0) } ?? .null }
            if let number = members["$float"]?.string { return .double(Double(number) ?? .nan) }
            if members["$time"] != nil { return .string(text) }
            return .object(
                Dictionary(
                    members.map { ($0.key.hasPrefix("?") ? String($0.key.dropFirst()) : $0.key, value($0.value, text: text)) },
                    uniquingKeysWith: { _, last in last }))
        default: return recorded
        }
    }

    @Test func scalarsAreTypedAsInGo() throws {
        var count = 0
        for line in Self.lines {
            guard let text = line["scalar"]?.string else { continue }
            count += 1
            let expected = Self.value(try #require(line["value"], "\(text)"), text: text)
            let found = YAMLScalar.value(of: text, style: .plain)
            let isNaN = found.double?.isNaN == true && expected.double?.isNaN == true
            #expect(found == expected || isNaN, "'\(text)': \(found), and Go says \(expected)")
        }
        #expect(count > 250)
    }

    @Test func documentsAreReadAsInGo() throws {
        var count = 0
        for line in Self.lines {
            guard let text = line["document"]?.string, Self.differences[text] == nil else { continue }
            count += 1
            var found: JSON?, problem = ""
            do throws(YAMLError) { found = try YAMLDocument.parse(Array(text.utf8), file: "a").json } catch {
                problem = error.description
            }
            let expected = line["error"] == nil ? Self.value(line["value"] ?? .null, text: text) : Optional.none
            #expect(
                found == expected,
                "\(JSON.string(text).canonical): \(found?.canonical ?? problem), and Go says \(expected?.canonical ?? "no")")
        }
        #expect(count > 100)
        let documents = Set(Self.lines.compactMap { $0["document"]?.string })
        #expect(Self.differences.keys.allSatisfy(documents.contains))
    }
}
