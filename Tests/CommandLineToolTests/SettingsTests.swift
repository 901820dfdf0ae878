import CommandLineTool
import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

@Suite struct SettingsTests {
    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { $0.target.hasSuffix("/apps") ? .json([]) : nil }
    }

    private func config(_ text: String, _ tool: Tool, mode: Int = 0o600) throws {
        try FileManager.default.createDirectory(
            atPath: tool.home.file(".config/martlet"), withIntermediateDirectories: true)
        try tool.home.write(text, to: ".config/martlet/config.yaml")
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: tool.home.file(".config/martlet/config.yaml"))
    }

    @Test func flagsComeBeforeTheEnvironmentAndThatBeforeTheFile() async throws {
        let gateway = try await gateway()
        var tool = try Tool()
        try config("url: \(gateway.url)\ntoken: file-token\norg: from-file\n", tool)
        #expect(await tool.run("get", "apps").status == .done)
        #expect(gateway.requests.last?.line == "GET /orgs/from-file/apps")
        #expect(gateway.requests.last?.authorization == "Bearer file-token")
        tool.environment["MARTLET_ORG"] = "from-environment"
        tool.environment["MARTLET_TOKEN"] = "environment-token"
        #expect(await tool.run("get", "apps").status == .done)
        #expect(gateway.requests.last?.line == "GET /orgs/from-environment/apps")
        #expect(gateway.requests.last?.authorization == "Bearer environment-token")
        #expect(await tool.run("get", "apps", "--org", "from-flag", "--token", "flag-token").status == .done)
        #expect(gateway.requests.last?.line == "GET /orgs/from-flag/apps")
        #expect(gateway.requests.last?.authorization == "Bearer flag-token")
    }

    @Test func aKeptSessionIsNotShownToAnotherGateway() async throws {
        let other = try await gateway()
        let tool = try Tool()
        try config("url: https://real.example.org:8443\ntoken: file-token\norg: acme\n", tool)
        let outcome = await tool.run("get", "apps", "--url", other.url)
        #expect(outcome.status == .denied)
        #expect(outcome.err.contains("martlet login"))
        #expect(other.requests.isEmpty)
    }

    @Test func aFileThatOthersMayReadIsRefused() async throws {
        let gateway = try await gateway()
        let tool = try Tool()
        try config("url: \(gateway.url)\ntoken: file-token\norg: acme\n", tool, mode: 0o644)
        let outcome = await tool.run("get", "apps")
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("chmod 600"))
        #expect(!outcome.err.contains("file-token"))
        #expect(gateway.requests.isEmpty)
    }

    @Test func anUnknownKeyIsNamedWithItsPlace() async throws {
        let tool = try Tool()
        try config("ulr: https://x\norg: acme\n", tool)
        let outcome = await tool.run("get", "apps")
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("config.yaml:1:1: CONFIG-102 ulr: unknown key; did you mean 'url'?"))
    }

    @Test(arguments: [
        ("http://gateway.example.org", "in clear"), ("ftp://x", "no scheme"), ("https://user:pw@host", "user or password"),
        ("host:8443", "no scheme"), ("https://host/path", "must end after host and port"),
        ("http://127.0.0.1.evil.org", "in clear"),
        ("http://[::2]:80", "in clear"),
    ]) func urls(_ url: String, _ reason: String) async throws {
        var tool = try Tool()
        tool.environment["MARTLET_TOKEN"] = Tool.token
        let outcome = await tool.run("get", "orgs", "--url", url)
        #expect(outcome.status == .usage)
        #expect(outcome.err.contains(reason))
    }

    @Test func whatIsMissingIsAskedForByName() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        tool.environment["MARTLET_APP"] = nil
        let outcome = await tool.run("get", "envs")
        #expect(outcome.status == .usage)
        #expect(outcome.err == "error: which application? Give --app or MARTLET_APP\n")
    }
}
