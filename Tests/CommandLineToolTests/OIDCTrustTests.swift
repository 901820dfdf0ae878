import CommandLineTool
import PlatformModel
import TestSupport
import Testing

@Suite struct OIDCTrustTests {
    private static let base = "/orgs/acme/oidc-trusts"
    private static let trust: JSON = [
        "id": "ci", "issuer": "https://ci.example.org", "audience": "martlet", "algorithms": ["RS256"], "name": "deployer",
        "conditions": ["repository_id": "42", "ref": "refs/heads/main"], "user_id": "service:1", "token_seconds": 3600,
        "created_at": "2026-11-22T08:00:00.000Z", "created_by": "user:ann", "last_refusal": "the token has ended",
    ]

    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)": .json([Self.trust])
            case "GET \(Self.base)/ci", "POST \(Self.base)": .json(Self.trust)
            case "DELETE \(Self.base)/ci": .json([:])
            case "POST /auth/token-exchange": .json(["token": "mrt_made", "expires_at": "2026-11-22T09:00:00.000Z"])
            default: nil
            }
        }
    }

    @Test func aTrustIsMadeShownAndEnded() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        let made = await tool.run(
            "create", "oidc-trust", "ci", "--issuer", "https://ci.example.org", "--service-user", "deployer", "--claim",
            "repository_id=42", "--claim", "sub=a=b", "--algorithm", "ES256")
        #expect(made.status == .done, "\(made.err)")
        #expect(
            gateway.body(of: "POST \(Self.base)") == [
                "id": "ci", "issuer": "https://ci.example.org", "audience": "martlet", "algorithms": ["ES256"],
                "conditions": ["repository_id": "42", "sub": "a=b"], "service_user": "deployer",
            ])
        let words = ["create", "oidc-trust", "ci", "--issuer", "https://x", "--service-user", "y", "--claim", "nothing"]
        #expect(await tool.run(words).status == .usage)
        let list = await tool.run("get", "oidc-trusts").out
        #expect(list.contains("ref=refs/heads/main repository_id=42") && list.contains("the token has ended"), "\(list)")
        #expect(await tool.run("delete", "oidc-trust", "ci", "--yes").status == .done)
    }

    /// Neither token is on the command line, and standard output has the new one alone.
    @Test func aTokenIsExchanged() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        tool.input = "eyJ.a.b\n"
        let exchanged = await tool.run("exchange-token", "--trust", "ci")
        #expect(exchanged.status == .done && exchanged.out == "mrt_made\n", "\(exchanged.err)")
        #expect(
            gateway.body(of: "POST /auth/token-exchange") == ["organization": "acme", "trust": "ci", "token": "eyJ.a.b"])
        tool.input = ""
        #expect(await tool.run("exchange-token", "--trust", "ci").status == .usage)
    }
}
