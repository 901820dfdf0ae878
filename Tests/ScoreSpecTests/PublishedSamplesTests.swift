import FoundationEssentials
import PlatformModel
import ScoreSpec
import Testing
import YAML

/// The published schema and samples, where they lie beside the package; `ScoreReaderTests` has the same rules as a table.
private enum Published {
    static let root: URL = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url = url.deletingLastPathComponent() }
        return url.appendingPathComponent("shared")
    }()

    static let schema: JSONSchema? = {
        let url = root.appendingPathComponent("reference/score-v1b1.schema.json")
        guard let data = try? Data(contentsOf: url), let json = try? JSON.parse(data) else { return nil }
        return JSONSchema(root: json)
    }()

    /// Path below the samples -> bytes, of every Score file.
    static let files: [(name: String, bytes: [UInt8])] = {
        let samples = root.appendingPathComponent("samples")
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: samples.path)) ?? []
        return paths.sorted().compactMap { path in
            let name = path.split(separator: "/").last ?? ""
            guard name.hasPrefix("score"), name.hasSuffix(".yaml"),
                let data = try? Data(contentsOf: samples.appendingPathComponent(path))
            else { return nil }
            return (path, Array(data))
        }
    }()
}

@Suite(.enabled(if: Published.schema != nil)) struct PublishedSamplesTests {
    @Test func everySampleIsValidAndConverts() throws {
        #expect(Published.files.count > 30)
        for (name, bytes) in Published.files {
            do {
                let options = ScoreOptions(image: "image:1", source: { _ in Array("text".utf8) }, isComplete: true)
                let score = try ScoreReader.read(bytes, file: name, options: options)
                let delta = try ScoreConverter.delta(for: [ScoreWorkload(score: score)])
                #expect(delta.modules.add.keys.first == score.name)
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    @Test func twoClassesOfOneSharedResourceStandSideBySide() throws {
        let workloads = try Published.files.filter { $0.name.contains("delegator-resource") }.map {
            ScoreWorkload(score: try ScoreReader.read($0.bytes, file: $0.name))
        }
        let delta = try ScoreConverter.delta(for: workloads)
        #expect(delta.shared.map(\.path) == ["/main-s3#admin", "/main-s3#read-only"])
        #expect(delta.shared.map { $0.value?["id"] } == ["shared.main-s3", "shared.main-s3"])
        let variable = delta.modules.add["example-a"]?.spec["containers"]?["busybox"]?["variables"]?["BUCKET_NAME"]
        #expect(variable == "${shared['main-s3#admin'].bucket}")
    }

    /// Our verdict on any change of a sample is the schema's.
    @Test func mutationsAreJudgedAsBySchema() throws {
        let schema = try #require(Published.schema)
        let samples =
            try Published.files.map { try YAMLDocument.parse($0.bytes, file: $0.name).json } + [
                try YAMLDocument.parse(Array(everything.utf8), file: "").json
            ]
        var mutator = Mutator(state: 11), refused = 0, accepted = 0
        for round in 0..<6000 {
            var document = samples[round % samples.count]
            for _ in 0...mutator.random(2) { document = mutator.mutate(document) }
            // The deprecated list forms are brought into the present ones before they are judged.
            guard !Self.hasLists(document) else { continue }
            let text = YAMLWriter().text(of: document)
            let expected = schema.accepts(document)
            let found = problems(text).filter { $0.code.hasPrefix("SCORE-10") }
            #expect(found.isEmpty == expected, "round \(round): \(found)\n\(text)")
            if expected { accepted += 1 } else { refused += 1 }
        }
        #expect(accepted > 200 && refused > 1000, "\(accepted) accepted, \(refused) refused")
    }

    private static func hasLists(_ document: JSON) -> Bool {
        (document["containers"]?.object ?? [:]).values.contains { container in
            container["files"]?.array != nil || container["volumes"]?.array != nil
                || (container["files"]?.object ?? [:]).values.contains { $0["content"]?.array != nil }
        }
    }
}

private struct Mutator {
    var state: UInt64

    private static let values: [JSON] = [
        nil, true, 0, 1, 80, 65535, 65536, -1, 1.5, 80.0, "", "a", "ab", "A-b", "-ab", "ab-", "a.b", "a..b", "ab--cd",
        "score.dev/v1b1", "128Mi", "0",
        "0.5", "1.5m", "250m", "010M", "1.Gi", "0644", "644", "0888", "TCP", "tcp", "HTTPS", "started", "a=b", "x_y", "é", "aa\n",
        [], [:], ["a"], [1],
        ["a": "b"], ["port": 80], ["name": "x", "value": "y"], ["command": ["a"]], ["type": "pg"],
    ]
    private static let keys = [
        "id", "class", "type", "image", "target", "source", "content", "mode", "port", "protocol", "ready", "httpGet", "exec",
        "cpu", "memory", "a", "ab",
        "Ab", "a.b/cc", "ex-a.com/Key", "a/b/c", "x=y", "metadata", "annotations", "params", "name", "noExpand", "before", "é",
        "",
    ]

    mutating func random(_ below: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % below
    }

    /// One change somewhere in the document.
    mutating func mutate(_ value: JSON) -> JSON {
        switch value {
        case .object(var members) where random(6) > 0 && !members.isEmpty:
            let keys = members.keys.sorted(), key = keys[random(keys.count)]
            switch random(8) {
            case 0: members[key] = nil
            case 1: members[Self.keys[random(Self.keys.count)]] = Self.values[random(Self.values.count)]
            case 2: members[Self.keys[random(Self.keys.count)]] = members.removeValue(forKey: key)
            default: members[key] = mutate(members[key] ?? nil)
            }
            return .object(members)
        case .array(var elements) where random(6) > 0 && !elements.isEmpty:
            let index = random(elements.count)
            elements[index] = mutate(elements[index])
            return .array(elements)
        default:
            return Self.values[random(Self.values.count)]
        }
    }
}
