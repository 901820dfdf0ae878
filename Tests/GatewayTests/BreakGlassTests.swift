import DirectoryClient
import HTTPTypes
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Gateway

/// The administrator for the day on which the directory is away (T16, T22, T29), and those of everyday.
@Suite struct BreakGlassTests {
    private func password(_ harness: GatewayHarness, hours: Int = 24) async throws -> String {
        let reply: BreakGlassReply = try await harness.room.call(
            .post, "/v1/admin/break-glass", body: BreakGlassRequest(hours: hours))
        #expect(reply.username == "break-glass" && reply.password.utf8.count == 23)
        return reply.password
    }

    @Test func itWorksOnceWhileTheDirectoryIsSilent() async throws {
        // It takes connections, and never answers.
        let silent = try RecordingRelay(to: nil)
        let port = silent.port
        try await GatewayHarness.with(directory: { $0.urls = ["ldaps://127.0.0.1:\(port)"] }) { harness in
            try await harness.setState("active", of: "acme")
            harness.orchestrator.answers { _, _ in try .json([] as JSON) }
            let password = try await password(harness)
            #expect(try await harness.signIn("break-glass", password: "wrong").status == 401)
            let clock = ContinuousClock(), begin = clock.now
            let answer = try await harness.signIn(" Break-Glass", password: password)
            #expect(answer.status == 200 && clock.now - begin < .seconds(5), "\(answer)")
            let reply = try answer.body.decode(SignInReply.self)
            // Once.
            let again = try await harness.signIn("break-glass", password: password)
            let wrong = try await harness.signIn("break-glass", password: "nonsense")
            #expect(again.status == 401 && again.body == wrong.body)
            // It administers the appliance, and says who administers an organisation.
            #expect(try await harness.call(.get, "/appliance/orgs", token: reply.token).status == 200)
            let seen = try #require(harness.orchestrator.received.last?.principal)
            #expect(seen.applianceRole == .breakGlass && seen.orgID == nil && seen.memberOf == [] && seen.orgRole == nil)
            let path = "/appliance/orgs/acme/administrators"
            let given = try await harness.call(.post, path, token: reply.token, body: ["id": .string(GatewayHarness.engineers)])
            #expect(given.status == 200 && given.body[0]?["type"] == "group", "\(given)")
            #expect(try await harness.call(.get, path, token: reply.token).body.array?.count == 1)
            let machine = try await harness.call(.post, path, token: reply.token, body: ["id": "service:break-glass"])
            #expect(machine.status == 422, "\(machine)")
            let nowhere = try await harness.call(.get, "/appliance/orgs/nowhere/administrators", token: reply.token)
            #expect(nowhere.status == 404)
            // Nothing that a tenant has.
            for tenant in [
                "/orgs/acme", "/orgs/acme/apps", "/orgs/acme/users", "/orgs/acme/apps/shop/values", "/orgs/~appliance/users",
            ] {
                #expect(try await harness.call(.get, tenant, token: reply.token).status == 404, "\(tenant)")
            }
            let made = try await harness.call(
                .post, "/users/break-glass/tokens", token: reply.token, body: ["id": "more", "type": "static"])
            #expect(made.status == 404, "\(made)")
            let me = try await harness.call(.get, "/current-user", token: reply.token)
            #expect(me.body["roles"] == ["/appliance": "administrator"] && me.body["organizations"] == [], "\(me)")
            let id = try #require(given.body[0]?["id"]?.string)
            #expect(try await harness.call(.delete, "\(path)/\(id)", token: reply.token).status == 204)
            #expect(try await harness.call(.get, path, token: reply.token).body == [])
            // Root ends it at once.
            try await harness.room.send(.delete, "/v1/admin/break-glass")
            harness.gateway.recent.forgetAll()
            #expect(try await harness.call(.get, "/appliance/orgs", token: reply.token).status == 401)
            silent.stop()
        }
    }

    @Test func ofManyAtOnceOneGetsInAndNothingIsReadable() async throws {
        try await GatewayHarness.with { harness in
            let password = try await password(harness)
            // Over the host's own socket nobody is told to come again.
            let answers = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        do throws(RoomError) {
                            try await harness.room.send(
                                .post, "/v1/admin/break-glass/sign-in", body: BreakGlassSignIn(password: password))
                            return 200
                        } catch { return error.status ?? 0 }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.sorted() == [200, 401, 401, 401, 401, 401], "\(answers)")
            let status: BreakGlassStatus = try await harness.room.call(.get, "/v1/admin/break-glass")
            #expect(status.usedAt != nil && status.sessionUntil != nil)
            let connection = try await PostgresConnection.connect(harness.database.configuration())
            let minutes = try await connection.query(
                """
                SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM gateway.tokens
                WHERE subject = 'service:break-glass'
                """)
            #expect(try minutes.map { try $0.int("seconds") } == [900])
            let kept = try await connection.query(
                "SELECT count(*) AS count FROM gateway.break_glass b WHERE b::text LIKE \("%\(password)%")")
            #expect(try kept.first?.int("count") == 0)
            let entries = try await connection.query(
                "SELECT action, actor, org_id, details::text AS details FROM audit.entries WHERE action LIKE 'breakGlass.%' ORDER BY at"
            )
            #expect(try entries.map { try $0.string("action") } == ["breakGlass.create", "breakGlass.signIn"])
            #expect(try entries.map { try $0.string("actor") } == ["root", "service:break-glass"])
            #expect(try entries.allSatisfy { try !$0.string("details").contains(password) })
            // Made anew, the session by the old one ends; past its time it is worth nothing.
            let second = try await self.password(harness)
            #expect(
                try await connection.query("SELECT 1 AS found FROM gateway.tokens WHERE subject = 'service:break-glass'").isEmpty)
            try await connection.execute("UPDATE gateway.break_glass SET expires_at = clock_timestamp() - interval '1 second'")
            await connection.close()
            #expect(try await harness.signIn("break-glass", password: second).status == 401)
            let error = await #expect(throws: RoomError.self) { try await self.password(harness, hours: 0) }
            #expect(error?.status == 422)
        }
    }

    /// Administrators of the appliance are people of the directory, whom root names.
    @Test func administratorsOfTheApplianceReadNoTenantsData() async throws {
        try await GatewayHarness.with(directoryCheckSeconds: 0) { harness in
            harness.orchestrator.answers { _, _ in try .json([] as JSON) }
            try await harness.setState("active", of: "acme")
            #expect(try await harness.signIn("carol").status == 403)
            let group = "group:cn=auditors,ou=groups,dc=example,dc=org"
            try await harness.assign(group, .organization, nil, "administrator", in: IdentifierRule.appliance)
            let token = try await harness.session(of: "carol")
            #expect(try await harness.call(.get, "/appliance/orgs", token: token).status == 200)
            let seen = try #require(harness.orchestrator.received.last?.principal)
            #expect(seen.applianceRole == .administrator && seen.id.hasPrefix("user:") && seen.orgID == nil)
            #expect(try await harness.call(.get, "/appliance/orgs/acme/administrators", token: token).status == 403)
            for tenant in [
                "/orgs/acme", "/orgs/acme/apps", "/orgs/~appliance", "/orgs/~appliance/users", "/orgs/%7Eappliance/tokens",
            ] {
                #expect(try await harness.call(.get, tenant, token: token).status == 404, "\(tenant)")
            }
            #expect(try await harness.call(.get, "/current-user", token: token).body["organizations"] == [])
            // An organisation's administrator is nobody there.
            let admin = try await harness.token("robot", org: .administrator)
            #expect(try await harness.call(.get, "/appliance/orgs", token: admin).status == 404)
            // Neither machines nor other roles; taken, it is gone.
            for (subject, role) in [("service:x", "administrator"), (group, "member")] {
                let error = await #expect(throws: RoomError.self) {
                    try await harness.assign(subject, .organization, nil, role, in: IdentifierRule.appliance)
                }
                #expect(error?.status == 409)
            }
            let request = RoleAssignmentRequest(subject: group, level: .organization, role: "administrator")
            try await harness.room.send(.post, "/v1/admin/orgs/~appliance/roles/remove", body: request)
            try await eventually("the end of the role") {
                harness.gateway.recent.forgetAll()
                return try await harness.call(.get, "/appliance/orgs", token: token).status != 200
            }
        }
    }
}
