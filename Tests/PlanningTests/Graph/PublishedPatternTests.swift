import FoundationEssentials
import Planning
import PlatformModel
import ScoreSpec
import Testing
import YAML

private let patterns = "../shared/samples/humanitec/resource-graph-patterns"

/// The published patterns as they are in the wild, from Score file to graph, where the samples are at hand.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: patterns)))
struct PublishedPatternTests {
    @Test(arguments: [
        (
            "delegator-resource", "example-delegator",
            [
                "aws-policy.s3-admin#shared.main-s3",
                "aws-policy.s3-read-only#shared.main-s3",
                "s3.concrete#shared.main-s3",
                "s3.admin#shared.main-s3 -> s3.concrete#shared.main-s3",
                "s3.read-only#shared.main-s3 -> s3.concrete#shared.main-s3",
                "workload.default#modules.example-a -> aws-policy.s3-admin#shared.main-s3 s3.admin#shared.main-s3",
                "workload.default#modules.example-b -> aws-policy.s3-read-only#shared.main-s3 s3.read-only#shared.main-s3",
            ]
        ),
        (
            "propagate-id", "example-propagate-id",
            [
                "k8s-service-account.default#modules.example-workload",
                "workload.default#modules.example-workload -> k8s-service-account.default#modules.example-workload",
            ]
        ),
        (
            "config-pattern", "example-config-pattern",
            [
                "config.developer-overrides#modules.example-config-pattern-workload.externals.s3-bucket",
                "config.default#modules.example-config-pattern-workload.externals.s3-bucket"
                    + " -> config.developer-overrides#modules.example-config-pattern-workload.externals.s3-bucket",
                "s3.default#modules.example-config-pattern-workload.externals.s3-bucket"
                    + " -> config.default#modules.example-config-pattern-workload.externals.s3-bucket",
                "workload.default#modules.example-config-pattern-workload"
                    + " -> s3.default#modules.example-config-pattern-workload.externals.s3-bucket",
            ]
        ),
    ])
    func givesTheGraphThatIsExpected(_ pattern: String, _ app: String, _ expected: [String]) throws {
        var scores: [ScoreWorkload] = []
        var definitions: [ResourceDefinition] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(patterns)/\(pattern)").sorted() {
            let bytes = Array(try #require(FileManager.default.contents(atPath: "\(patterns)/\(pattern)/\(name)")))
            if name.hasPrefix("score") {
                scores.append(ScoreWorkload(score: try ScoreReader.read(bytes, file: name)))
            } else {
                let document = try YAMLDocument.parse(bytes, file: name).json
                definitions.append(try definition(document))
            }
        }
        let set = try ScoreConverter.delta(for: scores).applied(to: DeploymentSet())
        let context = EnvironmentContext(orgID: "ORG", appID: app, envID: "dev", envType: "development")
        let graph = try GraphBuilder.build(set: set, context: context, definitions: definitions)
        #expect(Samples.lines(graph) == expected)
    }

    /// `entity.humanitec.io/v1b1`: the definition is the entity, its id is in the metadata.
    private func definition(_ document: JSON) throws -> ResourceDefinition {
        var entity = try #require(document["entity"])
        entity["id"] = document["metadata"]?["id"]
        entity["active_version_id"] = "1"
        if entity["provision"] == nil { entity["provision"] = [:] }
        return try entity.decode(ResourceDefinition.self)
    }
}
