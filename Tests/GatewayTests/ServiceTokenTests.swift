import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Gateway

@Suite struct ServiceTokenTests {
    @Test func aTokenIsShownOnceListedAndEnded() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let made = try await harness.call(
                .post, "/orgs/acme/tokens", token: admin,
                body: [
                    "name": "ci-shop", "description": "CI of the shop", "app_roles": ["shop": "developer"],
                    "env_type_roles": ["development": "deployer"], "expires_in_days": 7,
                ])
            #expect(made.status == 201 && made.headers[.cacheControl] == "no-store")
            let token = try #require(made.body["token"]?.string), id = try #require(made.body["id"]?.string)
            let me = try await harness.call(.get, "/current-user", token: token)
            #expect(me.body["name"] == "ci-shop" && me.body["type"] == "service")
            #expect(me.body["roles"] == ["/orgs/acme/apps/shop": "developer", "/orgs/acme/env-types/development": "deployer"])

            let list = try await harness.call(.get, "/orgs/acme/tokens", token: admin).body.decode([ServiceTokenInfo].self)
            #expect(list.map(\.name) == ["admin", "ci-shop"])
            let info = try #require(list.last)
            #expect(info.id == id && info.description == "CI of the shop" && info.type == "static")
            #expect(info.createdBy == list.first?.userID)
            #expect((604_799_000...604_800_000).contains(info.expiresAt.milliseconds - info.createdAt.milliseconds))
            #expect(!"\(try await harness.call(.get, "/orgs/acme/tokens", token: admin).body)".contains(token))

            #expect(try await harness.call(.delete, "/orgs/acme/tokens/\(id)", token: admin).status == 204)
            #expect(try await harness.call(.get, "/current-user", token: token).status == 401)
            #expect(try await harness.call(.delete, "/orgs/acme/tokens/\(id)", token: admin).status == 404)
        }
    }

    @Test func anotherTokenOfTheSameNameIsTheSameUserWithTheNewRoles() async throws {
        try await GatewayHarness.with { harness in
            let first = try await harness.token("robot", org: .administrator)
            let second = try await harness.token("robot", apps: ["shop": .viewer])
            let before = try await harness.call(.get, "/current-user", token: first).body
            #expect(before == (try await harness.call(.get, "/current-user", token: second).body))
            #expect(before["roles"] == ["/orgs/acme/apps/shop": "viewer"])
        }
    }

    @Test func onlyAdministratorsAndOnlyTheirOwn() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let manager = try await harness.token("manager", org: .manager)
            let foreign = try await harness.token("admin", in: "globex", org: .administrator)
            let request: JSON = ["name": "mine", "org_role": "administrator"]
            #expect(try await harness.call(.post, "/orgs/acme/tokens", token: manager, body: request).status == 403)
            #expect(try await harness.call(.post, "/orgs/acme/tokens", token: foreign, body: request).status == 404)
            #expect(try await harness.call(.get, "/orgs/acme/tokens", token: foreign).status == 404)
            let ours = try await harness.call(.get, "/orgs/acme/tokens", token: admin).body.decode([ServiceTokenInfo].self)
            let id = try #require(ours.first?.id)
            // By its id, from another organisation: as if it were not there.
            let there = try await harness.call(.delete, "/orgs/globex/tokens/\(id)", token: foreign)
            let nowhere = try await harness.call(.delete, "/orgs/globex/tokens/ffff", token: foreign)
            #expect(there.status == 404 && nowhere.status == 404)
            #expect(there.message.replacing(id, with: "ffff") == nowhere.message)
            #expect(try await harness.call(.get, "/orgs/acme/tokens", token: admin).status == 200)
        }
    }

    @Test func everyMistakeIsToldAtOnce() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let answer = try await harness.call(
                .post, "/orgs/acme/tokens", token: admin,
                body: ["name": "No Name", "app_roles": ["Shop": "viewer"], "expires_in_days": 366])
            #expect(answer.status == 422)
            let problems = try #require(answer.body["details"]?["problems"]).decode([Problem].self)
            #expect(problems.map(\.path) == ["name", "app_roles.Shop", "expires_in_days"])
            let bare = try await harness.call(.post, "/orgs/acme/tokens", token: admin, body: ["name": "robot"])
            #expect(bare.status == 422 && bare.message.contains("at least one role"))
            let wrong = try await harness.call(
                .post, "/orgs/acme/tokens", token: admin, body: ["name": "robot", "org_role": "king"])
            #expect(wrong.status == 422 && wrong.message.contains("org_role"))
        }
    }
}
