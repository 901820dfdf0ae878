import CommandLineTool
import PlatformModel
import TestSupport
import Testing

@Suite struct SecretStoreTests {
    private static let base = "/orgs/acme/secretstores"

    private func gateway(_ steps: JSON = []) async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)":
                return .json([
                    [
                        "id": "built-in", "primary": true, "humanitec": [:], "updated_at": "2026-11-22T08:00:00.000Z",
                        "updated_by": "user:ann",
                    ],
                    [
                        "id": "vault", "primary": false, "updated_at": "2026-11-22T08:00:00.000Z", "updated_by": "user:ann",
                        "vault": ["url": "https://vault.example:8200", "path": "secret", "paths": ["apps/{app}", "shared"]],
                    ],
                ])
            case "POST \(Self.base)", "PATCH \(Self.base)/vault": return .json(["id": "vault"])
            case "POST \(Self.base)/vault/actions/check": return .json(["steps": steps])
            default: return nil
            }
        }
    }

    @Test func storesAreListed() async throws {
        try expectGolden(await (try Tool(try await gateway())).run("get", "secretstores").out, "secretstores.txt")
    }

    @Test func whatSignsInIsNeverOnTheCommandLine() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        tool.input = "s3cret-id\n"
        let made = await tool.run(
            "create", "secretstore", "vault", "--address", "https://vault.example:8200", "--role-id", "r1", "--path",
            "apps/{app}",
            "--path", "shared", "--namespace", "team")
        #expect(made.status == .done, "\(made.err)")
        let vault = gateway.body(of: "POST \(Self.base)")?["vault"]
        #expect(vault?["auth"] == ["role_id": "r1", "secret_id": "s3cret-id"] && vault?["paths"] == ["apps/{app}", "shared"])
        #expect(vault?["namespace"] == "team" && vault?["kv_version"] == 2 && vault?["path"] == "secret")
        #expect(await tool.run("secretstore", "auth", "vault", "--with-token").status == .done)
        #expect(gateway.body(of: "PATCH \(Self.base)/vault") == ["vault": ["auth": ["token": "s3cret-id"]]])
        for arguments in [[], ["--with-token", "--role-id", "x"]] {
            #expect(await tool.run(["secretstore", "auth", "vault"] + arguments).status == .usage)
        }
        tool.input = ""
        #expect(await tool.run("secretstore", "auth", "vault", "--with-token").status == .usage)
    }

    @Test func aCheckSaysHowFarItGets() async throws {
        let steps: JSON = [
            ["step": "connection", "ok": true, "message": "vault.example:8200 answers over TLS"],
            ["step": "sign-in", "ok": false, "message": "the token is not accepted (403)"],
        ]
        let failed = await (try Tool(try await gateway(steps))).run("secretstore", "check", "vault")
        #expect(failed.status == .failed && failed.err.contains("sign-in"))
        #expect(
            failed.out
                == "ok    connection: vault.example:8200 answers over TLS\nFAIL  sign-in: the token is not accepted (403)\n")
        let good = await (try Tool(try await gateway([steps[0] ?? .null]))).run("secretstore", "check", "vault")
        #expect(good.status == .done)
    }
}
