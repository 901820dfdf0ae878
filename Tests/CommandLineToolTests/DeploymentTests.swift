import CommandLineTool
import FoundationEssentials
import Glibc
import PlatformModel
import Synchronization
import TestSupport
import Testing

@Suite struct DeploymentTests {
    private static let base = "/orgs/acme/apps/shop/envs/development"

    private static let score = """
        apiVersion: score.dev/v1b1
        metadata:
          name: web
        containers:
          main:
            image: .
            files:
              /etc/greeting:
                source: greeting.txt
            variables:
              HOST: ${resources.db.host}
        resources:
          db:
            type: postgres
        """

    /// Times are three tenths of a second apart.
    private static func events(_ changes: [(object: String?, status: String, message: String?)], from first: Int = 1) -> String {
        changes.enumerated().map { offset, change in
            let at = Timestamp(milliseconds: 1_795_262_400_000 + Int64(first + offset) * 300)
            var data: JSON = ["at": .string(at.description), "deployment_id": "d1", "status": .string(change.status)]
            data["object"] = change.object.map(JSON.string)
            data["message"] = change.message.map(JSON.string)
            return "id: \(first + offset)\nevent: \(change.object == nil ? "deployment" : "node")\ndata: \(data.canonical)\n\n"
        }.joined()
    }

    private static let db = "postgres.default#modules.web.externals.db"
    private static let changes: [(object: String?, status: String, message: String?)] = [
        (nil, "in progress", nil), (db, "pending", nil), ("workload web", "pending", nil),
        (db, "running", "creates the database"),
        (db, "succeeded", nil), ("workload web", "running", "starts 2 replicas \u{1b}[2Jof web"),
        ("workload web", "succeeded", nil),
        (nil, "succeeded", nil),
    ]
    private static let end = "id: 99\nevent: end\ndata: {}\n\n"

    private static func deployment(_ status: String) -> JSON { ["id": "d1", "status": .string(status), "set_id": "s1"] }

    private func gateway(_ status: String, events: String) async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "POST \(Self.base)/score-deploys", "POST \(Self.base)/deploys": .json(Self.deployment("pending"), status: 202)
            case "GET \(Self.base)/deploys/d1/events": .events(events)
            case "GET \(Self.base)/deploys/d1": .json(Self.deployment(status))
            case "GET \(Self.base)/deploys/d1/errors":
                .json([
                    [
                        "scope": "resource", "object_id": .string(Self.db), "code": "MRT-301", "error_type": "provision",
                        "summary": "the server refused the connection", "message": "is it running?",
                    ]
                ])
            default: nil
            }
        }
    }

    @Test func aScoreFileIsSentWithWhatItNames() async throws {
        let gateway = try await gateway("succeeded", events: "")
        let tool = try Tool(gateway)
        let file = try tool.home.write(Self.score, to: "score.yaml")
        try tool.home.write("hello", to: "greeting.txt")
        let outcome = await tool.run(
            "score", "deploy", "-f", file, "--image", "web:1", "-p", "containers.main.variables.A=b", "--message", "first")
        #expect(outcome.status == .done)
        #expect(outcome.out == "deployment d1 pending\n")
        #expect(
            gateway.requests.last?.body == [
                "comment": "first",
                "files": [
                    [
                        "name": .string(file), "score": .string(Self.score), "image": "web:1",
                        "properties": ["containers.main.variables.A=b"], "sources": ["greeting.txt": "aGVsbG8="],
                    ]
                ],
            ])
    }

    /// Each workload of a deploy config goes with its own files; paths are seen from the config's folder.
    @Test func aDeployConfigIsOneDeployment() async throws {
        let gateway = try await gateway("succeeded", events: "")
        let tool = try Tool(gateway)
        mkdir(tool.home.file("web"), 0o700)
        let web = try tool.home.write(Self.score, to: "web/score.yaml")
        try tool.home.write("hello", to: "web/greeting.txt")
        let plain = "apiVersion: score.dev/v1b1\nmetadata: {name: api}\ncontainers: {main: {image: .}}\n"
        let api = try tool.home.write(plain, to: "score.api.yaml")
        let more = "apiVersion: humanitec.org/v1b1\nspec: {containers: {main: {resources: {limits: {cpu: 500m}}}}}\n"
        try tool.home.write(more, to: "humanitec.score.yaml")
        let config = try tool.home.write(
            """
            apiVersion: config.humanitec.io/v1b1
            kind: ScoreDeployConfig
            workloads:
              - {name: web, specFile: ./web/score.yaml, extensionsFile: ./humanitec.score.yaml}
              - {name: api, specFile: ./score.api.yaml, image: "api:2"}
            """, to: "deploy-config.yaml")
        let outcome = await tool.run("score", "deploy", "--deploy-config", config, "--image", "web:1")
        #expect(outcome.status == .done, "\(outcome.err)")
        #expect(
            gateway.requests.last?.body == [
                "files": [
                    [
                        "name": .string(web.replacing("web/score", with: "./web/score")), "score": .string(Self.score),
                        "image": "web:1",
                        "extensions": .string(more), "sources": ["greeting.txt": "aGVsbG8="],
                    ],
                    [
                        "name": .string(api.replacing("score.api", with: "./score.api")), "score": .string(plain),
                        "image": "api:2",
                        "sources": [:],
                    ],
                ]
            ])
    }

    @Test func whatDoesNotFitTheDeployConfigIsToldBeforeAnythingIsSent() async throws {
        let gateway = try await gateway("succeeded", events: "")
        let tool = try Tool(gateway)
        try tool.home.write(
            "apiVersion: score.dev/v1b1\nmetadata: {name: api}\ncontainers: {main: {image: a}}\n", to: "score.yaml")
        try tool.home.write("apiVersion: humanitec.org/v1b1\nspec: {containers: {mian: {}}}\n", to: "humanitec.score.yaml")
        let config = try tool.home.write(
            """
            apiVersion: config.humanitec.io/v1b1
            kind: ScoreDeployConfig
            workloads:
              - {name: apii, specFile: score.yaml}
              - {name: other, specFile: absent.yaml}
            """, to: "deploy-config.yaml")
        let outcome = await tool.run("score", "deploy", "--deploy-config", config)
        #expect(outcome.status == .failed && gateway.requests.isEmpty)
        #expect(outcome.err.contains("\(config):4:12: SCORE-213 workloads.0.name:"), "\(outcome.err)")
        #expect(outcome.err.contains("did you mean 'api'?") && outcome.err.contains("absent.yaml"))
        let alone = await tool.run(
            "score", "deploy", "-f", tool.home.file("score.yaml"), "--extensions", tool.home.file("humanitec.score.yaml"))
        #expect(
            alone.err.contains("SCORE-210 spec.containers.mian:") && alone.err.contains("did you mean 'main'?"), "\(alone.err)")
        #expect(gateway.requests.isEmpty)
        for wrong in [
            ["--deploy-config", config, "-f", "a.yaml"], ["--deploy-config", config, "-p", "a=b"], [],
            ["-f", "a", "-f", "b", "-p", "a=b"],
        ] {
            #expect(await tool.run(["score", "deploy"] + wrong).status == .usage, "\(wrong)")
        }
    }

    /// Neither a path nor a link leads out of the Score file's folder, and nothing is read that may never end.
    @Test func aSourceOutsideOfTheFolderIsNotSent() async throws {
        let gateway = try await gateway("succeeded", events: "")
        let tool = try Tool(gateway)
        let secret = try tool.home.write("top secret", to: "secret.txt")
        mkdir(tool.home.file("inner"), 0o700)
        let file = try tool.home.write(Self.score, to: "inner/score.yaml")
        let link = tool.home.file("inner/greeting.txt")
        for target in [secret, "../secret.txt", "/dev/zero", "/"] {
            #expect(symlink(target, link) == 0)
            let outcome = await tool.run("score", "deploy", "-f", file, "--image", "a")
            #expect(outcome.status == .failed && outcome.err.contains("SCORE-207"), "\(target): \(outcome.err)")
            unlink(link)
        }
        #expect(mkfifo(link, 0o600) == 0)
        #expect(await tool.run("score", "deploy", "-f", file, "--image", "a").err.contains("SCORE-207"))
        unlink(link)
        let outside = try tool.home.write(Self.score.replacing("greeting.txt", with: "../secret.txt"), to: "inner/other.yaml")
        #expect(await tool.run("score", "deploy", "-f", outside, "--image", "a").err.contains("lies outside"))
        #expect(gateway.requests.isEmpty)
        // A link that stays within is followed.
        try tool.home.write("hello", to: "inner/real.txt")
        #expect(symlink("real.txt", link) == 0)
        #expect(await tool.run("score", "deploy", "-f", file, "--image", "a").status == .done)
    }

    @Test func problemsAreAllFoundBeforeAnythingIsSent() async throws {
        let gateway = try await gateway("succeeded", events: "")
        let tool = try Tool(gateway)
        let file = try tool.home.write(Self.score.replacing("variables", with: "variabels"), to: "score.yaml")
        let outcome = await tool.run("score", "deploy", "-f", file)
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("\(file):10:5: SCORE-102 containers.main.variabels: unknown key"))
        #expect(outcome.err.contains("did you mean 'variables'?"))
        #expect(outcome.err.contains("greeting.txt"))
        #expect(outcome.err.contains("--image"))
        #expect(gateway.requests.isEmpty)
    }

    @Test func waitingShowsOneLineForEachChange() async throws {
        let gateway = try await gateway("succeeded", events: Self.events(Self.changes) + Self.end)
        let outcome = await (try Tool(gateway)).run("deploy", "--wait")
        #expect(outcome.status == .done)
        #expect(outcome.out == "deployment d1 succeeded\n")
        try expectGolden(outcome.err, "progress.txt")
        let quiet = await (try Tool(gateway)).run("deploy", "--wait", "--quiet")
        #expect(quiet.err.isEmpty)
    }

    @Test func aTerminalHasOneLineForEachNode() async throws {
        let gateway = try await gateway("succeeded", events: Self.events(Self.changes) + Self.end)
        var tool = try Tool(gateway)
        tool.terminal = .init(isInput: true, isOutput: true, isError: true, width: 72, height: 20)
        let outcome = await tool.run("deploy", "--wait", "--no-color")
        try expectGolden(outcome.err.replacing("\u{1b}", with: "<ESC>").replacing("\r", with: "<CR>"), "progress-live.txt")
        try expectGolden(Self.screen(outcome.err), "progress-screen.txt")
    }

    /// What a terminal shows in the end.
    private static func screen(_ text: String) -> String {
        var lines: [String] = [""], row = 0, rest = text[...]
        while let character = rest.popFirst() {
            if character == "\n" {
                row += 1
                if row == lines.count { lines.append("") }
            } else if character == "\u{1b}" {
                let code = rest.dropFirst().prefix { !$0.isLetter }, letter = rest.dropFirst().dropFirst(code.count).first
                rest = rest.dropFirst(code.count + 2)
                if letter == "A" { row -= Int(code) ?? 1 }
                if letter == "K" { lines[row] = "" }
            } else if character != "\r" {
                lines[row].append(character)
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test func aFailureEndsWithItsCause() async throws {
        let gateway = try await gateway(
            "failed", events: Self.events([(Self.db, "failed", nil), (nil, "failed", nil)]) + Self.end)
        let outcome = await (try Tool(gateway)).run("deploy", "--wait", "--quiet")
        #expect(outcome.status == .failed)
        #expect(
            outcome.err
                == "error: the deployment d1 failed\n  MRT-301 \(Self.db): the server refused the connection: is it running?\n")
    }

    @Test func aBrokenStreamGoesOnWhereItEnded() async throws {
        let half = Self.changes.count / 2
        let gateway = try await ScriptedGateway { request in
            switch request.line {
            case "POST \(Self.base)/deploys": .json(Self.deployment("pending"), status: 201)
            case "GET \(Self.base)/deploys/d1/events":
                request.lastEventID == nil
                    ? .events(Self.events(Array(Self.changes.prefix(half))))
                    : .events(Self.events(Array(Self.changes.dropFirst(half)), from: half + 1) + Self.end)
            case "GET \(Self.base)/deploys/d1": .json(Self.deployment("succeeded"))
            default: nil
            }
        }
        let outcome = await (try Tool(gateway)).run("deploy", "--wait")
        try expectGolden(outcome.err, "progress.txt")
        #expect(gateway.requests.compactMap(\.lastEventID) == [String(half)])
    }

    @Test func waitingEndsAtTheTimeout() async throws {
        let gateway = try await gateway("in progress", events: Self.end)
        let outcome = await (try Tool(gateway)).run("deploy", "--wait", "--timeout", "1")
        #expect(outcome.status == .timeout)
        #expect(outcome.err.contains("martlet get deploy d1"))
        #expect(await (try Tool(gateway)).run("deploy", "--wait", "--timeout", "0").status == .usage)
    }
}
