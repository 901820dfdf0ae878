import CommandLineTool
import PlatformModel
import TestSupport
import Testing

@Suite struct AccountTests {
    private static let base = "/orgs/acme/resources/accounts"

    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)":
                return .json([
                    [
                        "id": "cloud", "name": "Cloud", "type": "gcp", "is_used": true, "created_by": "user:ann",
                        "created_at": "2026-11-22T08:00:00.000Z",
                    ]
                ])
            case "GET /orgs/acme/resources/account-types": return .json((try? JSON(encoding: AccountType.builtIn)) ?? [])
            case "POST \(Self.base)", "PATCH \(Self.base)/cloud": return .json(["id": "cloud"])
            case "POST \(Self.base)/cloud/actions/check":
                return .json([
                    "identity_fields": [["id": "project_id", "description": "Project", "value": "shop-1"]],
                    "warnings": ["the provider itself was not asked"],
                ])
            default: return nil
            }
        }
    }

    @Test func accountsAndTheirTypesAreListed() async throws {
        let tool = try Tool(try await gateway())
        try expectGolden(await tool.run("get", "accounts").out, "accounts.txt")
        try expectGolden(await tool.run("account", "types").out, "account-types.txt")
        try expectGolden(await tool.run("account", "check", "cloud").out, "account-check.txt")
    }

    @Test func credentialsComeFromAFileOrStandardInput() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        tool.input = #"{"username": "ann", "password": "s3cret"}"#
        let made = await tool.run("create", "account", "cloud", "--type", "username-password", "--credentials", "-")
        #expect(made.status == .done && !made.out.contains("s3cret"), "\(made.err)")
        #expect(
            gateway.body(of: "POST \(Self.base)") == [
                "id": "cloud", "name": "cloud", "type": "username-password",
                "credentials": ["username": "ann", "password": "s3cret"],
            ])
        #expect(await tool.run("account", "set", "cloud", "--credentials", "-").status == .done)
        #expect(
            gateway.body(of: "PATCH \(Self.base)/cloud") == ["credentials": ["username": "ann", "password": "s3cret"]])
        for broken in ["", "[1]", #"{"password": "s3cret""#] {
            tool.input = broken
            let refused = await tool.run("account", "set", "cloud", "--credentials", "-")
            #expect(refused.status == .usage && !refused.err.contains("s3cret"))
        }
    }
}
