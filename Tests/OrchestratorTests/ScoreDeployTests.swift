import HTTPTypes
import PlatformModel
import ServiceAPI
import Testing

@testable import Orchestrator

@Suite struct ScoreDeployTests {
    private static let path = Harness.environment + "/score-deploys"

    @Test func everyProblemOfEveryFileIsToldWithItsPlace() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let misspelt = Harness.score.replacing("image:", with: "imagee:").replacing("targetPort", with: "targetPrt")
            let noName = Harness.score.replacing("  name: web\n", with: "  title: web\n")
            let answer = try await harness.call(
                .post, Self.path,
                [
                    "files": [
                        ["name": "score.yaml", "score": .string(misspelt)], ["name": "other.yaml", "score": .string(noName)],
                    ]
                ])
            #expect(answer.status == 422 && answer.error == "score_invalid")
            let problems = answer.body["details"]?["problems"]?.array ?? []
            #expect(
                problems.allSatisfy { $0["file"] != nil && ($0["line"]?.int ?? 0) > 0 && ($0["column"]?.int ?? 0) > 0 },
                "\(problems)")
            let image = try #require(problems.first { $0["path"]?.string?.contains("imagee") == true })
            #expect(image["file"] == "score.yaml" && image["line"] == 6 && image["column"] == 5 && image["suggestion"] == "image")
            #expect(problems.contains { $0["suggestion"] == "targetPort" && $0["line"] == 15 })
            #expect(problems.contains { $0["file"] == "other.yaml" })
            #expect(answer.message.contains("score.yaml:6:5") && answer.message.contains("did you mean 'image'"))
            #expect(try await harness.must(200, .get, Harness.environment + "/deploys") == [])
            #expect(try await harness.must(200, .get, "/orgs/acme/apps/shop/deltas") == [], "nothing is left of what was refused")
        }
    }

    @Test func twoFilesAreOneDeployment() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let second = Harness.score.replacing("name: web", with: "name: api")
            let answer = try await harness.must(
                202, .post, Self.path,
                [
                    "files": [
                        ["name": "a.yaml", "score": .string(Harness.score)], ["name": "b.yaml", "score": .string(second)],
                    ],
                    "comment": "both",
                ])
            #expect(answer["comment"] == "both" && answer["status"] == "in progress")
            try await harness.mustSucceed(try #require(answer["id"]?.string))
            #expect(harness.runner.orders.compactMap(\.workload?.workloadID).sorted() == ["api", "web"])
            let delta = try await harness.must(200, .get, "/orgs/acme/apps/shop/deltas/\(answer["delta_id"]?.string ?? "")")
            #expect(delta["modules"]?["add"]?.object?.count == 2)
            let set = try await harness.must(200, .get, "/orgs/acme/apps/shop/sets/\(answer["set_id"]?.string ?? "")")
            #expect(set["modules"]?.object?.count == 2)
        }
    }

    /// What a deploy config makes of several workloads, each with its own extension.
    @Test func eachFileHasItsOwnExtension() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            func more(_ replicas: Int, _ rest: String) -> JSON {
                .string(
                    "apiVersion: humanitec.org/v1b1\nspec: {replicas: \(replicas), labels: {tier: '$${values.TIER}'}}\n\(rest)")
            }
            let second = Harness.score.replacing("name: web", with: "name: api")
            var files: JSON = [
                ["name": "a.yaml", "score": .string(Harness.score), "extensions": more(2, "deploy: {when: after}\n")],
                ["name": "b.yaml", "score": .string(second), "extensions": more(3, "")],
            ]
            let answer = try await harness.must(202, .post, Self.path, ["files": files])
            let delta = try await harness.must(200, .get, "/orgs/acme/apps/shop/deltas/\(answer["delta_id"]?.string ?? "")")
            let modules = delta["modules"]?["add"]
            #expect(modules?["web"]?["spec"]?["replicas"] == 2 && modules?["api"]?["spec"]?["replicas"] == 3)
            #expect(modules?["web"]?["spec"]?["labels"] == ["tier": "${values.TIER}"])
            #expect(modules?["web"]?["deploy"]?["when"] == "after" && modules?["api"]?["deploy"] == nil)

            files = [
                [
                    "name": "a.yaml", "score": .string(Harness.score),
                    "extensions": more(1, "resources: {nope: {scope: shared}}\n"),
                ]
            ]
            let refused = try await harness.call(.post, Self.path, ["files": files])
            #expect(
                refused.status == 422 && refused.message.contains("a.yaml (extensions):3:13: SCORE-210 resources.nope"),
                "\(refused)")
        }
    }

    @Test func aSourceOutsideOfTheFolderIsRefused() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let text = Harness.score.replacing("image:", with: "files: {/a: {source: ../a}}\n    image:")
            let files: JSON = [["name": "a.yaml", "score": .string(text), "sources": ["../a": "YQ=="]]]
            let answer = try await harness.call(.post, Self.path, ["files": files])
            #expect(answer.status == 422 && answer.message.contains("SCORE-207"), "\(answer)")
        }
    }

    @Test(
        arguments: [
            (#"{"files": [], "coment": "x"}"#, "coment", "comment"),
            (#"{"files": [{"name": "s", "scor": ""}]}"#, "files[0].scor", "score"),
            (#"{"files": []}"#, "files", ""), (#"{"files": [{"name": 1, "score": ""}]}"#, "", "name"),
            (#"{"files": [{"name": "s", "score": ""}], "mode": "fast"}"#, "", "mode"),
        ])
    func anUnknownFieldOfOurOwnRouteIsRefusedByItsPath(_ body: String, _ path: String, _ word: String) async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let answer = try await harness.call(.post, Self.path, try JSON.parse(body))
            #expect(answer.status == 422 && answer.error == "invalid", "\(answer)")
            #expect(answer.body["details"]?["problems"]?[0]?["path"]?.string == path, "\(answer)")
            #expect(answer.message.contains(word), "\(answer)")
        }
    }

    /// A CI whose connection broke sends its request again.
    @Test func theSameKeyIsTheSameDeployment() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let name = try #require(HTTPField.Name("Idempotency-Key"))
            func deploy(_ key: String, as principal: Principal = People.administrator) async throws -> String? {
                try await harness.call(
                    .post, Self.path, Harness.body(Harness.score), as: principal, headers: [name: key])["id"]
            }
            let first = try await deploy("build-7")
            #expect(try await deploy("build-7") == first && first != nil)
            #expect(try await deploy("build-8") != first)
            #expect(try await deploy("build-7", as: People.developer()) != first, "the key is its sender's")
            #expect(try await harness.must(200, .get, Harness.environment + "/deploys").array?.count == 3)
            #expect(try await harness.must(200, .get, "/orgs/acme/apps/shop/deltas").array?.count == 3)
            let delta: JSON = ["modules": ["remove": ["web"]]]
            let deltas = "/orgs/acme/apps/shop/deltas"
            let made = try await harness.call(.post, deltas, delta, headers: [name: "one"])
            #expect(try await harness.call(.post, deltas, delta, headers: [name: "one"]).body == made.body)
            let tooLong = String(repeating: "x", count: 256)
            #expect(try await harness.call(.post, deltas, delta, headers: [name: tooLong]).status == 400)
        }
    }

    @Test func whatIsNoJSONIsABadRequest() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            #expect(try await harness.call(.post, Self.path, "text").status == 400)
        }
    }
}
