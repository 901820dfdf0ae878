import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Gateway

@Suite struct InvitationTests {
    @Test func anInvitationTakesEffectAtTheFirstSignIn() async throws {
        try await GatewayHarness.with { harness in
            let manager = try await harness.token("manager", org: .manager)
            let invited = try await harness.call(
                .post, "/orgs/acme/invitations", token: manager, body: ["email": "Bob@Example.org", "role": "member"])
            #expect(invited.status == 200 && invited.body[0]?["invite"] == "pending" && invited.body[0]?["role"] == "member")
            let id = try #require(invited.body[0]?["id"]?.string)
            let list = try await harness.call(.get, "/orgs/acme/invitations", token: manager).body.decode([Invitation].self)
            #expect(list.map(\.userID) == [id] && list.map(\.email) == ["bob@example.org"])
            #expect(list[0].expiresAt.milliseconds - list[0].createdAt.milliseconds > 6 * 86_400_000)
            // Nobody else comes in by it.
            #expect(try await harness.signIn("carol").status == 403)
            let bob = try await harness.signIn("bob").body.decode(SignInReply.self)
            #expect(bob.user.roles == ["/orgs/acme": "member"])
            #expect(try await harness.call(.get, "/orgs/acme/invitations", token: manager).body == [])
            // From now on the role is the person's, whatever their mail becomes; and it can be taken.
            try await harness.slapd.modify(
                "dn: uid=bob,ou=people,dc=example,dc=org\nchangetype: modify\nreplace: mail\nmail: robert@example.org")
            #expect(try await harness.signIn("bob").status == 200)
            let again = try await harness.call(
                .post, "/orgs/acme/invitations", token: manager, body: ["email": "robert@example.org", "role": "manager"])
            #expect(again.status == 409)
            #expect(try await harness.call(.delete, "/orgs/acme/users/bob", token: manager).status == 204)
            #expect(try await harness.signIn("bob").status == 403)
        }
    }

    /// Whoever has signed in before is not asked about everything again; what is new for them is found all the same.
    @Test func whatIsNewSinceTheLastSignInIsFound() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            func bob() async throws -> UserProfile { try await harness.signIn("bob").body.decode(SignInReply.self).user }
            try await harness.assign(GatewayHarness.developers, .application, "shop", "viewer")
            for _ in 1...2 { #expect(try await bob().roles == ["/orgs/acme/apps/shop": "viewer"]) }
            let invited = try await harness.call(
                .post, "/orgs/acme/invitations", token: admin, body: ["email": "bob@example.org", "role": "manager"])
            #expect(invited.status == 200)
            for _ in 1...2 { #expect(try await bob().roles == ["/orgs/acme/apps/shop": "viewer", "/orgs/acme": "manager"]) }
            try await harness.slapd.modify(
                "dn: uid=bob,ou=people,dc=example,dc=org\nchangetype: modify\nreplace: displayName\ndisplayName: Robert")
            for _ in 1...2 { #expect(try await bob().name == "Robert") }
            // Without their group, and without their membership.
            try await harness.slapd.modify(
                "dn: cn=shop-developers,ou=groups,dc=example,dc=org\nchangetype: modify\nreplace: member\nmember: uid=carol,ou=people,dc=example,dc=org"
            )
            for _ in 1...2 { #expect(try await bob().roles == ["/orgs/acme": "manager"]) }
            try await harness.elsewhere("DELETE FROM gateway.memberships WHERE subject LIKE 'user:%'")
            #expect(try await harness.signIn("bob").status == 403)
        }
    }

    @Test func anInvitationIsReplacedAndTakenBack() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let manager = try await harness.token("manager", org: .manager)
            func invite(_ role: String, _ token: String) async throws -> GatewayHarness.Answer {
                try await harness.call(
                    .post, "/orgs/acme/invitations", token: token, body: ["email": "carol", "role": .string(role)])
            }
            #expect(try await invite("member", manager).status == 200)
            let second = try await invite("administrator", admin)
            let id = try #require(second.body[0]?["id"]?.string)
            // What a manager may not give, a manager does not take either.
            #expect(try await invite("member", manager).status == 403)
            #expect(try await harness.call(.delete, "/orgs/acme/users/\(id)", token: manager).status == 403)
            #expect(
                try await harness.call(.patch, "/orgs/acme/users/\(id)", token: admin, body: ["role": "orgViewer"]).status == 200)
            #expect(try await harness.call(.get, "/orgs/acme/invitations", token: admin).body.array?.count == 1)
            #expect(try await harness.call(.delete, "/orgs/acme/users/\(id)", token: admin).status == 204)
            #expect(try await harness.signIn("carol").status == 403)
            for wrong in ["", "a b", "@x", "x@", "a@b@c", "bоb@example.org", "bob."] {
                let answer = try await harness.call(
                    .post, "/orgs/acme/invitations", token: admin, body: ["email": .string(wrong), "role": "member"])
                #expect(answer.status == 422, "\(wrong)")
            }
        }
    }

    /// Whoever promised it may not give it any more, or it has ended: nobody gets anything.
    @Test func anInvitationIsWorthWhatItsMakerMayGive() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let other = try await harness.token("other", org: .administrator)
            #expect(
                try await harness.call(
                    .post, "/orgs/acme/invitations", token: other, body: ["email": "bob", "role": "administrator"]
                ).status == 200)
            #expect(
                try await harness.call(.patch, "/orgs/acme/users/other", token: admin, body: ["role": "member"]).status == 200)
            #expect(try await harness.signIn("bob").status == 403)
            #expect(
                try await harness.call(.post, "/orgs/acme/invitations", token: admin, body: ["email": "carol", "role": "member"])
                    .status == 200)
            try await harness.pool.execute(
                "UPDATE gateway.invitations SET expires_at = clock_timestamp() - interval '1 second'", org: "acme")
            #expect(try await harness.call(.get, "/orgs/acme/invitations", token: admin).body == [])
            #expect(try await harness.signIn("carol").status == 403)
        }
    }
}
