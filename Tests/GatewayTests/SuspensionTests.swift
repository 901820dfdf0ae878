import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Gateway

/// Nobody of a suspended organisation gets in, and nobody of another one notices.
@Suite struct SuspensionTests {
    @Test func nobodyOfItGetsInAndItIsSaidWhy() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member")
            let alice = try await harness.session(of: "alice"), robot = try await harness.token("robot", org: .administrator)
            let stranger = try await harness.token("stranger", in: "globex", org: .administrator)
            // Bob is in another organisation, too.
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member", in: "globex")
            #expect(try await harness.call(.get, "/orgs/acme/apps", token: alice).status == 200)

            try await harness.setState("suspended", of: "acme")
            try await eventually("the suspension") {
                try await harness.call(.get, "/orgs/acme/apps", token: alice).status == 403
            }
            for (token, path) in [(alice, "/orgs/acme/apps"), (robot, "/orgs/acme/tokens"), (robot, "/current-user")] {
                let refused = try await harness.call(.get, path, token: token)
                #expect(refused.status == 403 && refused.error == "organization_suspended", "\(refused)")
                #expect(refused.message.contains("'acme' is suspended since") && refused.message.contains("(not paid)"))
            }
            // Strangers are told what they always are.
            let hidden = try await harness.call(.get, "/orgs/acme/apps", token: stranger)
            #expect(hidden.status == 404 && hidden.error == "not_found", "\(hidden)")
            let signIn = try await harness.signIn("alice")
            #expect(signIn.status == 403 && signIn.error == "organization_suspended", "\(signIn)")
            let bob = try await harness.session(of: "bob")
            #expect(try await harness.call(.get, "/orgs/globex/apps", token: bob).status == 200)
            // Work under way is told to wait, and not that somebody has lost their rights.
            let roles = await #expect(throws: RoomError.self) {
                try await harness.room.send(.get, "/v1/principals/user%3Aany/roles", query: [("org", "acme")])
            }
            #expect(roles?.status == 409 && roles?.body?.error == OrganizationState.suspendedCode)

            try await harness.setState("active", of: "acme")
            try await eventually("the end of the suspension") {
                try await harness.call(.get, "/orgs/acme/apps", token: robot).status == 200
            }
            #expect(try await harness.signIn("alice").status == 200)
        }
    }
}

extension GatewayHarness {
    /// As the orchestrator would.
    func setState(_ state: String, of org: String) async throws {
        let connection = try await PostgresConnection.connect(database.configuration())
        try await connection.execute(
            """
            INSERT INTO martlet.tenants (org_id, state, state_by, state_reason) VALUES (\(org), \(state), 'root', 'not paid')
            ON CONFLICT (org_id) DO UPDATE SET state = excluded.state
            """)
        await connection.close()
    }
}
