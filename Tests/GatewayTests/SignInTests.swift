import Cryptography
import Glibc
import HTTPTypes
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import TestSupport
import Testing

@testable import Gateway

@Suite struct SignInTests {
    @Test func aPersonSignsInByTheirGroup() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.engineers, .application, "shop", "owner", in: "globex")
            let answer = try await harness.signIn("alice")
            #expect(answer.status == 200)
            let reply = try answer.body.decode(SignInReply.self)
            #expect(reply.user.name == "Alice Ahlgren" && reply.user.email == "alice@example.org")
            #expect(reply.user.organizations == ["acme", "globex"])
            #expect(reply.user.roles == ["/orgs/acme": "administrator", "/orgs/globex/apps/shop": "owner"])
            let me = try await harness.call(.get, "/current-user", token: reply.token)
            #expect(try me.body.decode(UserProfile.self) == reply.user)
            let lifetime = reply.expiresAt.milliseconds - reply.user.createdAt.milliseconds
            #expect((28_790_000...28_810_000).contains(lifetime))
        }
    }

    @Test func wrongNameAndWrongPasswordAreToldAlike() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let answers = [
                try await harness.signIn("alice", password: "wrong"), try await harness.signIn("mallory", password: "wrong"),
                try await harness.signIn("alice", password: ""), try await harness.signIn("*", password: "alice-demo"),
            ]
            for answer in answers {
                #expect(answer.status == 401)
                #expect(answer.body == ["error": "unauthorized", "message": "The user name or the password is not right."])
            }
        }
    }

    @Test func somebodyWithoutARoleIsToldWhatToAskFor() async throws {
        try await GatewayHarness.with { harness in
            let answer = try await harness.signIn("bob")
            #expect(answer.status == 403 && answer.error == "no_role")
            let words = answer.message.split(separator: " ").map(String.init)
            let id = try #require(words.first { $0.hasPrefix("user:") }).dropLast()
            try await harness.assign(String(id), .application, "shop", "developer")
            #expect(try await harness.signIn("bob").status == 200)
        }
    }

    @Test func aDirectoryThatIsAwayIs503AndSessionsGoOn() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let token = try await harness.session(of: "alice")
            try await harness.slapd.stop()
            for password in ["alice-demo", "wrong"] {
                let answer = try await harness.signIn("alice", password: password)
                #expect(answer.status == 503 && answer.headers[.retryAfter] == "5")
            }
            #expect(try await harness.call(.get, "/current-user", token: token).status == 200)
            try await harness.slapd.start()
            #expect(try await harness.signIn("alice").status == 200)
        }
    }

    @Test func signingOutEndsTheSession() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let first = try await harness.session(of: "alice"), second = try await harness.session(of: "alice")
            #expect(try await harness.call(.post, "/auth/logout", token: first).status == 204)
            let answer = try await harness.call(.get, "/current-user", token: first)
            #expect(answer.status == 401 && answer.headers[.wwwAuthenticate] == "Bearer")
            #expect(try await harness.call(.get, "/current-user", token: second).status == 200)
        }
    }

    @Test func bodiesAreReadStrictly() async throws {
        try await GatewayHarness.with { harness in
            let misspelt = try await harness.call(
                .post, "/auth/login", body: ["usrname": "alice", "password": "alice-demo", "is_admin": true])
            #expect(misspelt.status == 422)
            let problems = try #require(misspelt.body["details"]?["problems"]).decode([Problem].self)
            #expect(problems.map(\.path) == ["is_admin", "usrname"])
            #expect(problems.last?.suggestion == "username")
            #expect(try await harness.call(.post, "/auth/login", body: ["username": "alice"]).status == 422)
            #expect(try await harness.call(.post, "/auth/login", body: ["alice"]).status == 400)
            let long = JSON.string(String(repeating: "x", count: 20_000))
            #expect(try await harness.call(.post, "/auth/login", body: ["username": "alice", "password": long]).status == 413)
        }
    }

    /// What the database holds of a token, a password and the bind password: nothing that can be used.
    @Test func noSecretIsStored() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let session = try await harness.session(of: "alice")
            let machine = try await harness.token("robot", org: .administrator)
            let logger = harness.gateway.gate.logger
            let dump = try await PostgresPool.with(harness.database.configuration(), logger: logger) { pool in
                var text = ""
                let tables = try await pool.query("SELECT tablename FROM pg_tables WHERE schemaname = 'gateway'").map {
                    try $0.string("tablename")
                }
                #expect(tables.count == 18)
                for table in tables {
                    let rows = try await pool.query("SELECT to_jsonb(t)::text AS row FROM gateway.\(identifier: table) t")
                    text += try rows.map { try $0.string("row") }.joined(separator: "\n")
                }
                return text
            }
            #expect(dump.contains(Hexadecimal.encode(try Digest.sha256(Array(session.utf8)))))
            for secret in [session, machine, "alice-demo", PrivateSlapd.bindPassword, String(session.dropFirst(4).prefix(43))] {
                #expect(!dump.contains(secret))
            }
        }
    }

    @Test func expiredTokensAreWorthNothing() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", org: .administrator)
            #expect(try await harness.call(.get, "/orgs/acme/tokens", token: token).status == 200)
            try await harness.elsewhere("UPDATE gateway.tokens SET expires_at = clock_timestamp() - interval '1 second'")
            #expect(try await harness.call(.get, "/orgs/acme/tokens", token: token).status == 401)
        }
    }

    @Test func whatIsNoToken() async throws {
        let zeros = "Bearer mrt_" + String(repeating: "0", count: 49)
        try await GatewayHarness.with { harness in
            for field in ["", "Bearer", "Basic YWxpY2U6YWxpY2U=", "Bearer mrt_0", "Bearer a b", zeros] {
                let answer = try await harness.call(.get, "/orgs", headers: [.authorization: field])
                #expect(answer.status == 401 && answer.error == "unauthorized", "\(field)")
            }
            #expect(harness.orchestrator.received.isEmpty)
        }
    }
}
