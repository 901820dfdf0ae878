import HTTPTypes
import Logging
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import TestSupport
import Testing

@testable import Gateway

/// Whom the gateway has looked up a moment ago. What is believed here for an hour goes by word alone.
@Suite struct RecentPrincipalsTests {
    /// Nobody else reads these tables while the body runs.
    private func locking(_ harness: GatewayHarness, _ body: @escaping @Sendable () async throws -> Void) async throws {
        let logger = harness.gateway.gate.logger
        try await PostgresPool.with(harness.database.configuration(), logger: logger) { pool in
            try await pool.withTransaction { transaction in
                try await transaction.execute(
                    """
                    LOCK TABLE gateway.tokens, gateway.memberships, gateway.users, gateway.service_users, gateway.role_assignments,
                        gateway.group_roles, gateway.static_tokens IN ACCESS EXCLUSIVE MODE
                    """)
                try await body()
            }
        }
    }

    @Test func theNextRequestsAskTheDatabaseNothing() async throws {
        try await GatewayHarness.with(recentFor: .seconds(3600)) { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let robot = try await harness.token("robot", apps: ["shop": .viewer]), alice = try await harness.session(of: "alice")
            for token in [robot, alice] {
                #expect(try await harness.call(.get, "/orgs/acme/apps/shop", token: token).status == 200)
                #expect(try await harness.call(.get, "/orgs", token: token).status == 200)
            }
            let before = harness.orchestrator.received.count
            try await locking(harness) {
                for _ in 0..<20 {
                    for token in [robot, alice] {
                        let shop = try await harness.call(.get, "/orgs/acme/apps/shop", token: token)
                        let organizations = try await harness.call(.get, "/orgs", token: token)
                        #expect(shop.status == 200 && organizations.status == 200)
                    }
                }
            }
            let received = harness.orchestrator.received.dropFirst(before)
            #expect(received.count == 80)
            let shop = received.filter { $0.path == "/v1/orgs/acme/apps/shop" }.compactMap(\.principal)
            #expect(Set(shop.map(\.name)) == ["robot", "Alice Ahlgren"])
            #expect(shop.allSatisfy { $0.orgRole == .administrator || $0.appRoles == ["shop": .viewer] })
        }
    }

    @Test func whatThisGatewayChangesCountsAtOnce() async throws {
        try await GatewayHarness.with(recentFor: .seconds(3600)) { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.developers, .application, "shop", "viewer")
            let alice = try await harness.session(of: "alice")
            let bob = try await harness.signIn("bob").body.decode(SignInReply.self)
            func shop(_ token: String) async throws -> Int {
                try await harness.call(.get, "/orgs/acme/apps/shop", token: token).status
            }
            #expect(try await shop(bob.token) == 200)
            // By root.
            try await harness.assign(bob.user.id, .organization, nil, "manager")
            #expect(try await harness.call(.get, "/orgs/acme/invitations", token: bob.token).status == 200)
            // By an administrator.
            let path = "/orgs/acme/users/\(HTTPCall.segment(bob.user.id))"
            #expect(try await harness.call(.patch, path, token: alice, body: ["role": "member"]).status == 200)
            #expect(try await harness.call(.get, "/orgs/acme/invitations", token: bob.token).status == 403)
            // A token, and what it was worth by.
            let machine = try await harness.token("robot", apps: ["shop": .viewer])
            #expect(try await shop(machine) == 200)
            let listed = try await harness.call(.get, "/orgs/acme/tokens", token: alice).body.decode([ServiceTokenInfo].self)
            let id = try #require(listed.first { $0.name == "robot" }?.id)
            #expect(try await harness.call(.delete, "/orgs/acme/tokens/\(id)", token: alice).status == 204)
            #expect(try await shop(machine) == 401)
            // Sessions.
            #expect(try await harness.call(.delete, path + "/sessions", token: alice).status == 204)
            #expect(try await shop(bob.token) == 401)
            #expect(try await harness.call(.post, "/auth/logout", token: alice).status == 204)
            #expect(try await shop(alice) == 401)
            // By the directory's word.
            let again = try await harness.session(of: "bob")
            #expect(try await shop(again) == 200)
            try await harness.slapd.modify(
                """
                dn: cn=shop-developers,ou=groups,dc=example,dc=org
                changetype: modify
                replace: member
                member: uid=carol,ou=people,dc=example,dc=org
                """)
            _ = try await harness.gateway.keeping.people.sync.run()
            #expect(try await shop(again) == 404)
        }
    }

    /// Another gateway's changes, and what root does in the database.
    @Test func whatSomebodyElseChangesIsTold() async throws {
        try await GatewayHarness.with(recentFor: .seconds(3600)) { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "viewer")
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member")
            let bob = try await harness.session(of: "bob")
            let robot = try await harness.token("robot", apps: ["shop": .viewer])
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await harness.gateway.recent.run() }
                func becomes(_ status: Int, _ token: String, after sql: SQL, org: String?) async throws {
                    #expect(try await harness.call(.get, "/orgs/acme/apps/shop", token: token).status == 200)
                    try await harness.pool.execute(sql, org: org)
                    try await eventually("the word of a change") {
                        try await harness.call(.get, "/orgs/acme/apps/shop", token: token).status == status
                    }
                }
                try await becomes(404, robot, after: "DELETE FROM gateway.role_assignments WHERE level = 'app'", org: "acme")
                try await becomes(404, bob, after: "DELETE FROM gateway.group_roles WHERE level = 'app'", org: "acme")
                try await harness.assign(GatewayHarness.developers, .application, "shop", "viewer")
                try await becomes(404, bob, after: "UPDATE gateway.users SET groups = '{}'", org: "acme")
                _ = try await harness.session(of: "bob")
                try await becomes(401, bob, after: "UPDATE gateway.users SET sessions_since = clock_timestamp()", org: "acme")
                let later = try await harness.session(of: "bob")
                try await becomes(404, later, after: "DELETE FROM gateway.memberships WHERE subject LIKE 'user:%'", org: nil)
                let last = try await harness.session(of: "bob")
                try await becomes(401, last, after: "DELETE FROM gateway.tokens WHERE kind = 'session'", org: nil)
            }
        }
    }

    /// Nobody tells when a token ends; nor is it believed for longer.
    @Test func aTokenIsNotBelievedAfterItsEnd() async throws {
        try await GatewayHarness.with(recentFor: .seconds(3600)) { harness in
            let robot = try await harness.token("robot", apps: ["shop": .viewer])
            try await harness.elsewhere("UPDATE gateway.tokens SET expires_at = clock_timestamp() + interval '5 seconds'")
            #expect(try await harness.call(.get, "/orgs/acme/apps/shop", token: robot).status == 200)
            try await eventually("the end of the token") {
                try await harness.call(.get, "/orgs/acme/apps/shop", token: robot).status == 401
            }
        }
    }
}
