import CommandLineTool
import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

@Suite struct SignInTests {
    private let reply: JSON = [
        "token": .string(Tool.token), "expires_at": "2026-11-22T12:00:00.000Z",
        "user": [
            "id": "user:1", "name": "Alice", "type": "user", "created_at": "2026-11-01T12:00:00.000Z", "properties": [:],
            "roles": ["/orgs/acme": "administrator"], "organizations": ["acme"],
        ],
    ]

    @Test func theSessionIsKeptPrivatelyAndUsed() async throws {
        let gateway = try await ScriptedGateway { [reply] request in
            switch request.line {
            case "POST /auth/login": .json(reply)
            case "GET /current-user": .json(reply["user"] ?? .null)
            case "POST /auth/logout": .empty
            default: nil
            }
        }
        var tool = try Tool()
        tool.input = "alice-password\n"
        let login = await tool.run("login", "--username", "alice", "--password-file", "-", "--url", gateway.url)
        #expect(login.status == .done)
        #expect(login.err.contains("signed in as Alice"))
        #expect(gateway.requests.first?.body == ["username": "alice", "password": "alice-password"])
        #expect(gateway.requests.first?.authorization == nil)
        let path = tool.home.file(".config/martlet/config.yaml")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(tool.home.read(".config/martlet/config.yaml")?.contains("org: acme") == true)

        let who = await tool.run("whoami")
        #expect(who.status == .done)
        #expect(gateway.requests.last?.authorization == "Bearer \(Tool.token)")
        try expectGolden(who.out.replacing(gateway.url, with: "URL"), "whoami.txt")

        #expect(await tool.run("logout").status == .done)
        #expect(tool.home.read(".config/martlet/config.yaml")?.contains("token") == false)
        #expect(await tool.run("whoami").status == .denied)
    }

    @Test func theTerminalIsAskedAndPipesAreNot() async throws {
        let gateway = try await ScriptedGateway { [reply] _ in .json(reply) }
        var tool = try Tool()
        tool.input = "typed password\n"
        let piped = await tool.run("login", "--username", "alice", "--url", gateway.url)
        #expect(piped.status == .usage)
        #expect(gateway.requests.isEmpty)
        tool.terminal = .init(isInput: true, isOutput: true, isError: true)
        let asked = await tool.run("login", "--username", "alice", "--url", gateway.url)
        #expect(asked.status == .done)
        #expect(asked.err.hasPrefix("Password for alice: "))
        #expect(!asked.err.contains("typed password"))
        #expect(gateway.requests.first?.body?["password"] == "typed password")
    }

    @Test func aRefusalLeavesNothingBehind() async throws {
        let gateway = try await ScriptedGateway { _ in .error(401, "unauthorized", "name or password is wrong") }
        var tool = try Tool()
        tool.input = "wrong"
        let outcome = await tool.run("login", "--username", "alice", "--password-file", "-", "--url", gateway.url)
        #expect(outcome.status == .denied)
        #expect(outcome.err.hasPrefix("error: name or password is wrong (unauthorized)\n"))
        #expect(tool.home.read(".config/martlet/config.yaml") == nil)
    }
}
