import AccessControl
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Gateway

/// Trusts in issuers: what can be trusted, and what ends with it.
@Suite struct TrustTests {
    private typealias Stage = TokenExchangeTests.Stage

    /// What ends a trust ends what was had by it.
    @Test func endsAndBounds() async throws {
        try await TokenExchangeTests.with { stage in
            let harness = stage.harness
            func token() async throws -> String {
                let answer = try await stage.exchange()
                return try #require(answer.body["token"]?.string, "\(answer)")
            }
            func isGood(_ token: String) async throws -> Bool {
                try await harness.call(.get, "/current-user", token: token).status == 200
            }
            try await stage.trust()
            let first = try await token()
            #expect(try await isGood(first))
            #expect(try await harness.call(.delete, "/orgs/acme/oidc-trusts/ci", token: stage.admin).status == 204)
            #expect(try await !isGood(first))
            #expect(try await stage.exchange().status == 401)
            // Made by a person, it is worth what the person holds.
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let alice = try await harness.session(of: "alice")
            let request: JSON = [
                "id": "hers", "issuer": .string(stage.issuer.url), "audience": "martlet", "conditions": ["repository_id": "42"],
                "service_user": "deployer",
            ]
            let made = try await harness.call(.post, "/orgs/acme/oidc-trusts", token: alice, body: request)
            #expect(made.status == 201 && made.body["answerable"]?.string?.hasPrefix("user:") == true, "\(made)")
            let hers = try await stage.exchange(try await stage.issuer.sign(stage.claims(), with: stage.key), trust: "hers")
            let token2 = try #require(hers.body["token"]?.string)
            #expect(try await harness.call(.get, "/orgs/acme/apps", token: token2).status == 200)
            try await harness.room.send(
                .post, "/v1/admin/orgs/acme/roles/remove",
                body: RoleAssignmentRequest(
                    subject: GatewayHarness.engineers, level: .organization, object: nil, role: "administrator"))
            #expect(try await harness.call(.get, "/orgs/acme/apps", token: token2).status == 404)
            // With its service user everything goes.
            try await stage.trust("last")
            let last = try await stage.exchange(try await stage.issuer.sign(stage.claims(), with: stage.key), trust: "last")
            let token3 = try #require(last.body["token"]?.string)
            let users = try await harness.call(.get, "/orgs/acme/users", token: stage.admin).body.array ?? []
            let user = try #require(users.first { $0["name"] == "deployer" }?["id"]?.string)
            #expect(try await harness.call(.delete, "/orgs/acme/users/\(user)", token: stage.admin).status == 204)
            #expect(try await !isGood(token3))
            #expect(try await harness.call(.get, "/orgs/acme/oidc-trusts", token: stage.admin).body == [])
        }
    }

    /// What cannot be trusted is told before it is, all of it at once.
    @Test func whatIsWrongWithATrust() async throws {
        try await TokenExchangeTests.with { stage in
            func problems(_ change: (inout JSON) -> Void) async throws -> [String] {
                var body: JSON = [
                    "id": "ci", "issuer": "https://ci.example.org", "audience": "martlet", "conditions": ["sub": "one"],
                    "service_user": "deployer",
                ]
                change(&body)
                let answer = try await stage.harness.call(.post, "/orgs/acme/oidc-trusts", token: stage.admin, body: body)
                #expect([422, 404].contains(answer.status), "\(answer)")
                return try answer.body["details"]?["problems"]?.decode([Problem].self).map(\.path) ?? [answer.error ?? ""]
            }
            #expect(
                try await problems {
                    $0["id"] = "No"
                    $0["issuer"] = "http://ci.example.org"
                    $0["audience"] = ""
                    $0["algorithms"] = ["HS256"]
                    $0["token_seconds"] = 5
                    $0["conditions"] = ["sub": "*", "aud": "x"]
                } == [
                    "id", "algorithms", "token_seconds", "issuer", "audience", "conditions.aud", "conditions.sub",
                ])
            #expect(try await problems { $0["conditions"] = [:] } == ["conditions"])
            #expect(try await problems { $0["conditions"] = ["sub": "repo:octo/*"] } == ["conditions"])
            #expect(try await problems { $0["issuer"] = "https://token.actions.githubusercontent.com" } == ["conditions"])
            #expect(try await problems { $0["is_admin"] = true } == ["is_admin"])
            #expect(try await problems { $0["service_user"] = "nobody-here" } == ["not_found"])
            for (issuer, claim) in [
                ("https://token.actions.githubusercontent.com", "repository_owner_id"), ("https://gitlab.com", "project_id"),
            ] {
                try await stage.trust(claim.replacing("_", with: "-"), conditions: [claim: "7"], issuer: issuer)
            }
            let again = try await stage.harness.call(
                .post, "/orgs/acme/oidc-trusts", token: stage.admin,
                body: [
                    "id": "project-id", "issuer": "https://ci.example.org", "audience": "a", "conditions": ["sub": "one"],
                    "service_user": "deployer",
                ])
            #expect(again.status == 409)
            // In an organisation that is not there, and by a trust that is not: as for a wrong token.
            for (trust, org) in [("none", "acme"), ("ci", "nowhere"), ("x\0", "acme"), ("ci", "../acme")] {
                let answer = try await stage.exchange("a.b.c", trust: trust, org: org)
                #expect(answer.status == 401 && answer.body == TokenExchangeTests.refused)
            }
        }
    }
}
