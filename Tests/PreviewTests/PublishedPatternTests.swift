import FoundationEssentials
import Manifests
import Planning
import PlatformModel
import Preview
import PureDrivers
import ScoreSpec
import Testing
import YAML

private let patterns = "../shared/samples/humanitec/resource-graph-patterns"

/// What the published patterns come to, as they are in the wild, where the samples are at hand; their graphs are tested with planning.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: patterns)))
struct PublishedPatternTests {
    private func request(_ pattern: String, app: String, edit: (String) -> String = { $0 }) throws -> PreviewRequest {
        var scores: [ScoreWorkload] = [], definitions: [ResourceDefinition] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(patterns)/\(pattern)").sorted() {
            let bytes = try #require(FileManager.default.contents(atPath: "\(patterns)/\(pattern)/\(name)"))
            let text = edit(String(decoding: bytes, as: UTF8.self))
            if name.hasPrefix("score") {
                scores.append(ScoreWorkload(score: try ScoreReader.read(Array(text.utf8), file: name)))
            } else {
                let document = try YAMLDocument.parse(Array(text.utf8), file: name).json
                var entity = try #require(document["entity"])
                entity["id"] = document["metadata"]?["id"]
                entity["active_version_id"] = "1"
                if entity["provision"] == nil { entity["provision"] = [:] }
                definitions.append(try entity.decode(ResourceDefinition.self))
            }
        }
        return PreviewRequest(
            context: EnvironmentContext(orgID: "ORG", appID: app, envID: "dev", envType: "development"),
            set: try ScoreConverter.delta(for: scores).applied(to: DeploymentSet()), definitions: definitions,
            randomness: TemplateRandomness(seed: "s", now: Timestamp(milliseconds: 0)))
    }

    private func pod(_ preview: Preview, _ workload: String) throws -> JSON {
        let rendered = try #require(preview.workloads.first { $0.name == workload }?.rendered)
        let deployment = try #require(rendered.objects.first { $0["kind"] == "Deployment" })
        return try #require(deployment["spec"]?["template"]?["spec"])
    }

    private func variables(_ pod: JSON) -> [String: JSON] {
        let list = (pod["containers"]?[0]?["env"]?.array ?? []).compactMap { one in
            one["name"]?.string.map { ($0, one["value"] ?? .null) }
        }
        return Dictionary(list, uniquingKeysWith: { first, _ in first })
    }

    @Test func delegatorsGiveOneBucket() throws {
        let preview = try Preview.render(try request("delegator-resource", app: "example-delegator"))
        #expect(preview.graph.nodes.count == 7)
        for name in ["example-a", "example-b"] {
            #expect(variables(try pod(preview, name)).values.contains("example-bucket"), "\(name)")
        }
    }

    @Test func anIDIsPropagated() throws {
        let app = "example-propagate-id"
        let error = #expect(throws: PreviewProblems.self) { try Preview.render(try request("propagate-id", app: app)) }
        let problem = try #require(error?.problems.first)
        #expect(
            error?.problems.count == 1 && problem.description.contains("outputs:4:5:")
                && problem.description.contains("comment ends before closing delimiter"),
            "\(problem)")
        let mended = try request("propagate-id", app: app) {
            $0.replacing("*//}}", with: "*/}}").replacing("*//}", with: "*/}}")
        }
        let preview = try Preview.render(mended)
        #expect(try pod(preview, "example-workload")["serviceAccountName"] == "example-workload-sa")
    }

    @Test func developersOverrideWhatThePlatformLets() throws {
        let preview = try Preview.render(try request("config-pattern", app: "example-config-pattern"))
        let found = variables(try pod(preview, "example-config-pattern-workload"))
        #expect(found["BUCKET_REGION"] == "eu-central-1")
        #expect(found["BUCKET_NAME"] == "overridden-s3-bucket-example-config-pattern-ORG")
    }
}
