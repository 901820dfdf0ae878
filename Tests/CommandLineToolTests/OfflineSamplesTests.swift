import CommandLineTool
import FoundationEssentials
import TestSupport
import Testing

/// Definitions and Score files in the wild, where the folder of samples is there: each is rendered, or refused with a code.
@Suite struct OfflineSamplesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/samples/humanitec").path

    private static func files(_ isWanted: (String, String) -> Bool) -> [String] {
        let all = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return all.filter { $0.hasSuffix(".yaml") }.sorted().filter { name in
            isWanted(name, String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self))
        }
    }

    static let definitions = files { $1.contains("kind: Definition") }
    static let scores = files { $1.contains("apiVersion: score.dev/v1b1") }

    /// Closes its comment with `*//}}`, which Go does not take as the end of one.
    private static let broken = "resource-graph-patterns/propagate-id/def-workload.yaml"

    /// What only the reference has.
    private static let missingDrivers = [
        "resource-definitions/ingress/ingress/ingress-alb.yaml": "humanitec/ingress",
        "resource-definitions/k8s-cluster-git/credentials/github-for-gitops.yaml": "humanitec/k8s-cluster-git",
    ]

    @Test(arguments: definitions) func definition(_ file: String) async throws {
        let outcome = await (try Tool()).run("definition", "test", "\(Self.folder)/\(file)")
        guard file != Self.broken else {
            #expect(outcome.err.contains("DRV-202") && outcome.err.contains("templates.outputs:4:5"))
            return
        }
        if let driver = Self.missingDrivers[file] {
            #expect(outcome.status == .failed)
            #expect(outcome.err.contains("RENDER-105") && outcome.err.contains("no driver '\(driver)'"), "\(outcome.err)")
        } else {
            #expect(outcome.status == .done, "\(outcome.err)")
        }
        #expect(!outcome.out.contains("my-git-ssh-key") && !outcome.err.contains("my-git-ssh-key"))
    }

    /// Every resource that it asks for is given, so that nothing but the Score file decides.
    @Test(arguments: scores) func score(_ file: String) async throws {
        let tool = try Tool()
        let definitions = ["dns", "route", "s3", "volume", "postgres"].map {
            """
            apiVersion: entity.humanitec.io/v1b1
            kind: Definition
            metadata: {id: any-\($0)}
            entity: {name: any, type: \($0), driver_type: humanitec/terraform, criteria: [{}, {class: admin}, {class: read-only}]}
            """
        }
        let folder = try tool.home.write(definitions.joined(separator: "\n---\n"), to: "definitions.yaml")
        let outcome = await tool.run("score", "render", "\(Self.folder)/\(file)", "--definitions", folder, "--image", "x:1")
        let refusals = [
            // The file that it names is not part of the samples.
            "score/files/score-local-file-source.yaml": "SCORE-207",
            "score/files/score-shared-values.yaml": "PLAN-102",
            // Volumes of classes that nothing makes; a service of a workload that is another file's.
            "score/volumes/score.yaml": "MATCH-201",
            "score/service/score-consuming-a-service.yaml": "PLAN-102",
        ]
        if let code = refusals[file] {
            #expect(outcome.status == .failed && outcome.err.contains(code), "\(outcome.err)")
        } else {
            #expect(outcome.status == .done, "\(outcome.err)")
            #expect(outcome.out.contains("kind: Deployment\n"))
        }
    }

    @Test("Three patterns give what is expected of them")
    func patterns() async throws {
        try #require(!Self.scores.isEmpty || !FileManager.default.fileExists(atPath: Self.folder))
        guard !Self.scores.isEmpty else { return }
        func render(_ pattern: String, _ more: String...) async throws -> String {
            let folder = "\(Self.folder)/resource-graph-patterns/\(pattern)"
            let outcome = await (try Tool()).run(
                [
                    "score", "render", folder, "--definitions", folder, "--app",
                    "example-\(pattern.replacing("-resource", with: ""))",
                ] + more)
            return outcome.out + outcome.err
        }
        #expect(try await render("delegator-resource").components(of: "value: example-bucket\n") == 2)
        let config = try await render("config-pattern", "--org", "ORG")
        #expect(config.contains("value: overridden-s3-bucket-example-config-pattern-ORG\n"))
        #expect(config.contains("value: eu-central-1\n"))
        #expect(try await render("propagate-id").contains("DRV-202"))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
