import CommandLineTool
import FoundationEssentials
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

    private static func listed(_ id: String, _ status: String, set: String, at minute: Int) throws -> JSON {
        let at = Timestamp(milliseconds: Int64(minute) * 60_000)
        return try JSON(
            encoding: Deployment(
                id: id, envID: "development", setID: set, deltaID: nil, fromID: "", comment: "", createdAt: at,
                createdBy: "user:1",
                status: DeploymentStatus(rawValue: status) ?? .failed, statusChangedAt: at, mode: .full))
    }

    @Test(arguments: [
        (["succeeded s1", "succeeded s2"], "d1"), (["succeeded s1", "succeeded s2", "failed s3"], "d2"),
        (["succeeded s1", "succeeded s2", "succeeded s2"], "d1"), (["succeeded s1", "succeeded s1"], "d1"),
        (["failed s1", "succeeded s2"], nil), ([], nil),
    ]) func rollBack(_ history: [String], _ expected: String?) async throws {
        let all = try history.enumerated().map { index, text in
            let parts = text.split(separator: " ").map(String.init)
            return try Self.listed("d\(index + 1)", parts[0], set: parts[1], at: index)
        }
        let gateway = try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)/deploys": .json(.array(all.reversed()))
            case "PUT \(Self.base)/from_deploy_id": .empty
            case "POST \(Self.base)/deploys": .json(["id": "new", "status": "pending"], status: 201)
            default: nil
            }
        }
        let outcome = await (try Tool(gateway)).run("rollback")
        guard let expected else {
            #expect(outcome.status == .notFound)
            #expect(gateway.lines == ["GET \(Self.base)/deploys"])
            return
        }
        #expect(outcome.status == .done)
        #expect(gateway.body(of: "PUT \(Self.base)/from_deploy_id") == .string(expected))
        let set = all.first { $0["id"]?.string == expected }?["set_id"]
        #expect(
            gateway.body(of: "POST \(Self.base)/deploys") == [
                "set_id": set ?? .null, "comment": .string("roll back to \(expected)"),
            ])
    }
}
