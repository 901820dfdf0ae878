import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import Testing

@testable import Gateway

@Suite struct PersonTokenTests {
    @Test func aServiceUsersTokens() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let other = try await harness.token("other", org: .manager)
            let foreign = try await harness.token("admin", in: "globex", org: .administrator)
            let robot = try await harness.call(
                .post, "/orgs/acme/users", token: admin, body: ["name": "robot", "role": "orgViewer"])
            let id = try #require(robot.body["id"]?.string), path = "/users/\(id)/tokens"
            let body: JSON = ["id": "ci", "type": "static", "description": "CI", "expires_at": "2026-01-01T00:00:00Z"]
            for (wrong, name) in [
                (body, "expires_at"), (["id": "ci", "type": "session"], "type"), (["id": "C I", "type": "static"], "id"),
                (["id": "ci", "type": "static", "expires_at": "2999-01-01T00:00:00Z"], "expires_at"),
            ] as [(JSON, String)] {
                let answer = try await harness.call(.post, path, token: admin, body: wrong)
                #expect(answer.status == 422 && answer.message.contains(name), "\(answer)")
            }
            let made = try await harness.call(
                .post, path, token: admin, body: ["id": "ci", "type": "static", "user_id": "user:1"])
            let token = try #require(made.body["token"]?.string)
            #expect(made.status == 200 && made.headers[.cacheControl] == "no-store" && made.body["type"] == "static")
            #expect(try await harness.call(.get, "/current-user", token: token).body["roles"] == ["/orgs/acme": "orgViewer"])
            #expect(try await harness.call(.post, path, token: admin, body: ["id": "ci", "type": "static"]).status == 409)

            // It sees itself, and makes no other: what leaks must not live longer.
            let own = try await harness.call(.get, path, token: token)
            #expect(own.body.array?.count == 1 && own.body[0]?["id"] == "ci" && own.body[0]?["last_used_at"] != nil)
            #expect(try await harness.call(.post, path, token: token, body: ["id": "more", "type": "static"]).status == 403)
            for (stranger, status) in [(other, 403), (foreign, 404)] {
                for method in [HTTPRequest.Method.get, .delete] {
                    #expect(try await harness.call(method, path + "/ci", token: stranger).status == status)
                }
                #expect(try await harness.call(.get, path, token: stranger).status == status)
            }
            #expect(try await harness.call(.delete, path + "/ci", token: token).status == 204)
            #expect(try await harness.call(.get, "/current-user", token: token).status == 401)
        }
    }

    /// Two tokens of one service user, each good for its part; nothing of it is lost or won when roles change.
    @Test func aTokenIsGoodForItsScopesAtMost() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let robot = try await harness.call(
                .post, "/orgs/acme/users", token: admin, body: ["name": "robot", "role": "orgViewer"])
            let path = "/users/\(try #require(robot.body["id"]?.string))/tokens"
            let wrong: JSON = [
                "id": "w", "type": "static",
                "scopes": ["/orgs/globex": "member", "/orgs/acme/apps/shop": "develop", "/orgs/acme/envs/x": "viewer"],
            ]
            let refused = try await harness.call(.post, path, token: admin, body: wrong)
            #expect(refused.status == 422, "\(refused)")
            for word in ["scopes./orgs/globex", "scopes./orgs/acme/apps/shop", "developer", "scopes./orgs/acme/envs/x"] {
                #expect(refused.message.contains(word) || refused.body.canonical.contains(word), "\(word): \(refused)")
            }
            func make(_ id: String, _ scopes: JSON?) async throws -> String {
                var body: JSON = ["id": .string(id), "type": "static"]
                if let scopes { body["scopes"] = scopes }
                let made = try await harness.call(.post, path, token: admin, body: body)
                return try #require(made.body["token"]?.string, "\(made)")
            }
            func roles(_ token: String) async throws -> JSON? {
                try await harness.call(.get, "/current-user", token: token).body["roles"]
            }
            let all = try await make("all", nil), shop = try await make("shop", ["/orgs/acme/apps/shop": "developer"])
            #expect(try await roles(all) == ["/orgs/acme": "orgViewer"])
            // It reads the one application, as the user may: a scope gives nothing.
            #expect(try await roles(shop) == ["/orgs/acme": "member", "/orgs/acme/apps/shop": "viewer"])
            let listed = try await harness.call(.get, path, token: admin).body
            #expect(listed.array?.compactMap { $0["scopes"] } == [["/orgs/acme/apps/shop": "developer"]])

            #expect(
                try await harness.call(
                    .patch, "/orgs/acme/users/robot", token: admin, body: ["role": "administrator"]
                ).status == 200)
            #expect(try await roles(all) == ["/orgs/acme": "administrator"])
            #expect(try await roles(shop) == ["/orgs/acme/apps/shop": "developer"])
            #expect(try await harness.call(.get, "/orgs/acme/tokens", token: shop).status == 403)
            #expect(try await harness.call(.post, path, token: shop, body: ["id": "more", "type": "static"]).status == 403)
        }
    }

    /// A token is worth at most what the person holds who made it, at each moment, however many tokens lie between.
    @Test func aTokenIsWorthWhatItsMakerHolds() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.developers, .organization, nil, "administrator")
            let alice = try await harness.session(of: "alice"),
                bob = try await harness.signIn("bob").body.decode(SignInReply.self)
            func make(_ name: String, by token: String) async throws -> String {
                let made = try await harness.call(
                    .post, "/orgs/acme/tokens", token: token,
                    body: ["name": .string(name), "org_role": "administrator"])
                return try #require(made.body["token"]?.string, "\(made)")
            }
            let first = try await make("first", by: bob.token), second = try await make("second", by: first)
            let roots = try await harness.token("roots", org: .administrator)
            let list = try await harness.call(.get, "/orgs/acme/tokens", token: alice).body.decode([ServiceTokenInfo].self)
            #expect(list.map(\.answerable) == [bob.user.id, bob.user.id, nil])
            // Less is held: less it is worth, to the token's own eyes, too.
            try await harness.assign(bob.user.id, .organization, nil, "manager")
            let groups = try await harness.call(.get, "/orgs/acme/users/bob/groups", token: alice)
            let group = try #require(groups.body[0]?["id"]?.string)
            #expect(try await harness.call(.delete, "/orgs/acme/users/\(group)", token: alice).status == 204)
            for token in [first, second] {
                #expect(try await harness.call(.get, "/current-user", token: token).body["roles"] == ["/orgs/acme": "manager"])
                #expect(try await harness.call(.get, "/orgs/acme/tokens", token: token).status == 403)
                #expect(try await harness.call(.get, "/orgs/acme/users", token: token).status == 200)
            }
            // Whoever made it leaves: it is worth nothing.
            #expect(try await harness.call(.delete, "/orgs/acme/users/bob", token: alice).status == 204)
            for token in [first, second] {
                #expect(try await harness.call(.get, "/orgs/acme/users", token: token).status == 404)
                #expect(try await harness.call(.get, "/current-user", token: token).body["organizations"] == [])
            }
            #expect(try await harness.call(.get, "/orgs/acme/users", token: roots).status == 200)
        }
    }

    @Test func ownSessionsAndThoseOfOthers() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member")
            let alice = try await harness.session(of: "alice"), one = try await harness.session(of: "bob")
            let two = try await harness.signIn("bob").body.decode(SignInReply.self), path = "/users/\(two.user.id)/tokens"
            let sessions = try await harness.call(.get, path, token: two.token).body.decode([SessionInfo].self)
            #expect(sessions.map(\.description) == ["this session", ""] && sessions.allSatisfy { $0.type == "session" })
            #expect(try await harness.call(.get, path + "/\(sessions[1].id)", token: two.token).status == 200)
            #expect(try await harness.call(.post, path, token: two.token, body: ["id": "x", "type": "static"]).status == 404)
            // Another person's are nobody's business but an administrator's, by the organisation.
            #expect(try await harness.call(.get, path, token: alice).status == 404)
            #expect(try await harness.call(.delete, path + "/\(sessions[1].id)", token: alice).status == 404)
            #expect(try await harness.call(.delete, path + "/\(sessions[1].id)", token: two.token).status == 204)
            #expect(try await harness.call(.get, "/current-user", token: one).status == 401)
            let mine = try await harness.call(.get, "/orgs/acme/users/\(two.user.id)/sessions", token: two.token)
            #expect(mine.body.array?.count == 1)
            #expect(try await harness.call(.delete, "/orgs/acme/users/alice/sessions", token: two.token).status == 403)
            let foreign = try await harness.token("admin", in: "globex", org: .administrator)
            #expect(try await harness.call(.delete, "/orgs/globex/users/bob/sessions", token: foreign).status == 404)
            // One tenant's administrator signs nobody out of another.
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member", in: "globex")
            let everywhere = try await harness.session(of: "bob")
            #expect(try await harness.call(.delete, "/orgs/acme/users/bob/sessions", token: alice).status == 204)
            for session in [two.token, everywhere] {
                #expect(try await harness.call(.get, "/orgs/acme/users/bob/perms", token: session).status == 401)
                let profile = try await harness.call(.get, "/current-user", token: session).body
                #expect(profile["roles"] == ["/orgs/globex": "member"], "\(profile)")
            }
            #expect(try await harness.call(.get, "/orgs/acme/users/bob/sessions", token: alice).body == [])
            let again = try await harness.session(of: "bob")
            #expect(try await harness.call(.get, "/current-user", token: again).body["roles"]?["/orgs/acme"] == "member")
            let listed = try await harness.call(.get, "/orgs/acme/users/bob/sessions", token: alice).body
            #expect(listed.array?.count == 1 && listed[0]?["last_used_at"] == nil)
            #expect(try await harness.call(.get, "/current-user", token: alice).status == 200)
        }
    }

    /// Written at most once a minute.
    @Test func whenATokenWasLastUsed() async throws {
        try await GatewayHarness.with { harness in
            let robot = try await harness.token("robot", org: .administrator)
            func used() async throws -> Timestamp? {
                let list = try await harness.call(.get, "/orgs/acme/tokens", token: robot).body.decode([ServiceTokenInfo].self)
                return list.first?.lastUsedAt
            }
            let first = try #require(try await used())
            #expect(try await used() == first)
            try await harness.elsewhere("UPDATE gateway.tokens SET last_used_at = last_used_at - interval '61 seconds'")
            let later = try #require(try await used())
            #expect(later > first)
        }
    }

    /// T28: what is read-only is never applied.
    @Test func aPersonChangesTheirPropertiesOnly() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member")
            let bob = try await harness.session(of: "bob")
            let before = try await harness.call(.get, "/current-user", token: bob).body
            let changed = try await harness.call(
                .patch, "/current-user", token: bob,
                body: [
                    "name": "Alice", "email": "alice@example.org", "id": "user:1", "type": "system",
                    "roles": ["/orgs/acme": "administrator"], "is_admin": true, "properties": ["theme": "dark"],
                ])
            var expected = before.object ?? [:]
            expected["properties"] = ["theme": "dark"]
            #expect(changed.status == 200 && changed.body == .object(expected))
            // It stays with the next word of the directory.
            #expect(try await harness.signIn("bob").body["user"]?["properties"] == ["theme": "dark"])
        }
    }
}
