import CommandLineTool
import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

@Suite struct ProgramTests {
    @Test(arguments: [
        [], ["get"], ["create"], ["create", "token"], ["apply"], ["delete"], ["score", "validate"], ["score", "render"],
        ["score", "deploy"], ["definition", "test"],
        ["deploy"], ["plan"], ["drift"], ["collect"], ["detach"],
        ["env"], ["env", "create"], ["env", "promote"], ["rollback"], ["explain"], ["graph"], ["impact"], ["logs"], ["login"],
    ]) func help(_ words: [String]) async throws {
        let outcome = await run(try Tool(), words + ["--help"])
        #expect(outcome.status == .done)
        try expectGolden(outcome.out, "help\(words.map { "-" + $0 }.joined()).txt")
    }

    private func run(_ tool: Tool, _ words: [String]) async -> Tool.Outcome {
        switch words.count {
        case 1: await tool.run(words[0])
        case 2: await tool.run(words[0], words[1])
        default: await tool.run(words[0], words[1], words[2])
        }
    }

    @Test func completion() async throws {
        let outcome = await (try Tool()).run("--generate-completion-script", "bash")
        #expect(outcome.status == .done)
        #expect(outcome.out.contains("rollback"))
    }

    @Test func scoreFilesAreCheckedWithoutAServer() async throws {
        let tool = try Tool()
        let good = try tool.home.write(
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: \"web:1\"}}\n", to: "good.yaml")
        let bad = try tool.home.write(
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n  main:\n    imagee: web\n    comand: [a]\n",
            to: "bad.yaml")
        #expect(await tool.run("score", "validate", good).out == "\(good) valid\n")
        let outcome = await tool.run("score", "validate", good, bad, tool.home.file("absent.yaml"))
        #expect(outcome.status == .failed)
        let lines = outcome.err.split(separator: "\n")
        for (place, name) in [("\(bad):5:5: SCORE-102 containers.main.imagee", "image"), ("\(bad):6:5: SCORE-102", "command")] {
            #expect(lines.contains { $0.contains(place) && $0.hasSuffix("did you mean '\(name)'?") })
        }
        #expect(outcome.err.contains("absent.yaml"))
        let json = try JSON.parse(await tool.run("score", "validate", bad, "--output", "json").out)
        #expect(json["valid"] == false)
        #expect((json["problems"]?.array ?? []).contains { $0["line"] == 5 && $0["column"] == 5 })
    }

    @Test func anExtensionsFileIsCheckedWithItsScoreFile() async throws {
        let tool = try Tool()
        let score = try tool.home.write(
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: a}}\n", to: "score.yaml")
        let more = try tool.home.write(
            "apiVersion: humanitec.org/v1b1\nspec: {containers: {mian: {}}}\n", to: "humanitec.score.yaml")
        let outcome = await tool.run("score", "validate", score, "--extensions", more)
        #expect(outcome.status == .failed)
        #expect(
            outcome.err.contains("\(more):2:21: SCORE-210 spec.containers.mian:") && outcome.err.contains("did you mean 'main'?"))
        #expect(await tool.run("score", "validate", score, score, "--extensions", more).status == .usage)
    }

    @Test func ownAuthorityOverTLS() async throws {
        let folder = try TemporaryFolder("cli-tls")
        let key = folder.file("key.pem"), certificate = folder.file("cert.pem")
        try makeCertificate(key: key, certificate: certificate)
        let gateway = try await ScriptedGateway(tls: (certificate, key)) { $0.target == "/orgs" ? .json([]) : nil }
        var tool = try Tool(gateway)
        let stranger = await tool.run("get", "orgs")
        #expect(stranger.status == .failed)
        #expect(stranger.err.contains("its certificate is not trusted; give the appliance's authority with --ca"))
        #expect(gateway.requests.isEmpty)
        tool.environment["MARTLET_CA"] = certificate
        #expect(await tool.run("get", "orgs").status == .done)
        #expect(await tool.run("get", "orgs", "--ca", folder.file("absent.pem")).status == .usage)
    }

    private func makeCertificate(key: String, certificate: String) throws {
        let arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ]
        try #require(spawn("/usr/bin/openssl", arguments) == 0)
    }
}
