import Drivers
import FoundationEssentials
import PlatformModel
import PureDrivers
import Testing
import YAML

/// Definitions in the wild, where the folder of samples is there.
@Suite struct TemplateSamplesTests {
    private static let folder: String = {
        let project = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return project + "/../shared/samples/humanitec"
    }()

    static let samples: [String] = {
        ["resource-definitions/template-driver", "resource-graph-patterns"].flatMap { group -> [String] in
            let files = (try? FileManager.default.subpathsOfDirectory(atPath: "\(folder)/\(group)")) ?? []
            return files.filter { $0.hasSuffix(".yaml") }.map { "\(group)/\($0)" }.sorted()
        }
    }()

    /// One of them closes its comment with `*//}}`, which is no template.
    private static let broken = "resource-graph-patterns/propagate-id/def-workload.yaml"

    @Test(arguments: samples)
    func renders(_ file: String) async throws {
        let bytes = Array(try Data(contentsOf: URL(filePath: "\(Self.folder)/\(file)")))
        let document = try YAMLDocument.parse(bytes, file: file).json
        guard document["entity"]?["driver_type"] == "humanitec/template" else { return }
        let values = Self.resolved(document["entity"]?["driver_inputs"]?["values"] ?? [:])
        let request = DriverBench.request(
            params: [
                "spec": [
                    "containers": ["web": ["image": "x"]], "service": ["labels": ["a": "b"]],
                    "deployment": ["labels": ["c": "d: 1"]], "pod": ["labels": [:]],
                ]
            ], values: values, secrets: ["username": "someone-else", "password": "correct-horse"])
        do throws(DriverError) {
            let result = try await TemplateDriver().provision(request, DriverBench().context)
            #expect(file != Self.broken)
            #expect(result != DriverResult())
        } catch {
            #expect(file == Self.broken, "\(error)")
            let problem = try #require(error.problems.first)
            #expect(problem.line == 4 && problem.message.contains("comment ends before closing delimiter"), "\(problem)")
        }
    }

    /// The orchestrator resolves placeholders before a driver sees them.
    private static func resolved(_ value: JSON) -> JSON {
        switch value {
        case .string(let text) where text.hasPrefix("${") && text.hasSuffix(".values}"): return ["region": "x", "name": "mine"]
        case .string(let text):
            var out = "", rest = text[...]
            while let open = rest.firstRange(of: "${"), let close = rest[open.upperBound...].firstIndex(of: "}") {
                out += rest[..<open.lowerBound] + "modules.web.externals.it"
                rest = rest[rest.index(after: close)...]
            }
            return .string(out + rest)
        case .array(let elements): return .array(elements.map(resolved))
        case .object(let members): return .object(members.mapValues(resolved))
        default: return value
        }
    }
}
