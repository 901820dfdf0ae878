import Glibc
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Gateway

@Suite struct RoomRoutesTests {
    private func roles(
        _ harness: GatewayHarness, _ subject: String, _ org: String, app: String? = nil
    ) async throws -> Principal {
        try await harness.room.call(
            .get, "/v1/principals/\(HTTPCall.segment(subject))/roles", query: [("org", org)] + (app.map { [("app", $0)] } ?? []))
    }

    @Test func roomsAskForPresentRoles() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            try await harness.assign(GatewayHarness.developers, .environmentType, "development", "deployer")
            let id = try await harness.signIn("bob").body.decode(SignInReply.self).user.id
            var bob = try await roles(harness, id, "acme")
            #expect(bob.id == id && bob.name == "Bob Brennan" && bob.orgID == "acme" && bob.memberOf == ["acme"])
            #expect(bob.appRoles == ["shop": .developer] && bob.envTypeRoles == ["development": .deployer] && bob.orgRole == nil)
            // The strongest of several roles counts; another organisation's do not.
            try await harness.assign(id, .application, "shop", "owner")
            try await harness.assign(id, .organization, nil, "administrator", in: "globex")
            bob = try await roles(harness, id, "acme")
            #expect(bob.appRoles == ["shop": .owner] && bob.orgRole == nil)
            // Of one application, where it is about that.
            try await harness.assign(id, .application, "blog", "viewer")
            #expect(try await roles(harness, id, "acme").appRoles == ["shop": .owner, "blog": .viewer])
            #expect(try await roles(harness, id, "acme", app: "blog").appRoles == ["blog": .viewer])
            #expect(try await roles(harness, id, "acme", app: "nothing").appRoles == [:])
            let viewer = RoleAssignmentRequest(subject: id, level: .application, object: "blog", role: "viewer")
            try await harness.room.send(.post, "/v1/admin/orgs/acme/roles/remove", body: viewer)
            #expect(try await roles(harness, id, "nowhere").orgID == nil)
            // Taken again, only the group's role is left.
            let owner = RoleAssignmentRequest(subject: id, level: .application, object: "shop", role: "owner")
            try await harness.room.send(.post, "/v1/admin/orgs/acme/roles/remove", body: owner)
            #expect(try await roles(harness, id, "acme").appRoles == ["shop": .developer])
            let group = RoleAssignmentRequest(
                subject: GatewayHarness.developers, level: .application, object: "shop", role: "developer")
            try await harness.room.send(.post, "/v1/admin/orgs/acme/roles/remove", body: group)
            #expect(try await roles(harness, id, "acme").appRoles == [:])
        }
    }

    @Test func nobodyHoldsNothing() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign("user:11111111-1111-1111-1111-111111111111", .organization, nil, "administrator")
            // Assigned, but the directory never named such a person.
            let ghost = try await roles(harness, "user:11111111-1111-1111-1111-111111111111", "acme")
            #expect(ghost.orgRole == nil)
            let error = await #expect(throws: RoomError.self) { try await roles(harness, "alice", "acme") }
            #expect(error?.status == 400)
        }
    }

    /// What the directory takes away is gone at its next word, from sessions, roles of running work and streams; its silence
    /// changes nothing (T17, T18).
    @Test func theDirectoryTakesAndItsSilenceDoesNot() async throws {
        try await GatewayHarness.with(directoryCheckSeconds: 0) { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let bob = try await harness.signIn("bob").body.decode(SignInReply.self)
            let alice = try await harness.signIn("alice").body.decode(SignInReply.self)
            let people = harness.gateway.keeping.people

            try await harness.slapd.stop()
            try await people.checkAllDue()
            #expect(try await roles(harness, bob.user.id, "acme").appRoles == ["shop": .developer])
            #expect(try await harness.call(.get, "/current-user", token: bob.token).status == 200)
            try await harness.slapd.start()

            try await harness.slapd.modify(
                """
                dn: cn=shop-developers,ou=groups,dc=example,dc=org
                changetype: modify
                replace: member
                member: uid=carol,ou=people,dc=example,dc=org
                """)
            // There was no answer about bob a moment ago: it is the keeping of sessions that asks again.
            try await people.checkAllDue()
            #expect(try await roles(harness, bob.user.id, "acme").appRoles == [:])
            let left = try await harness.call(.get, "/current-user", token: bob.token)
            #expect(left.status == 200 && left.body["organizations"] == [])
            #expect(try await harness.signIn("carol").status == 200)

            // Renamed is not gone; removed is.
            try await harness.slapd.modify(
                """
                dn: uid=alice,ou=people,dc=example,dc=org
                changetype: modrdn
                newrdn: uid=alicia
                deleteoldrdn: 1

                dn: cn=platform-engineers,ou=groups,dc=example,dc=org
                changetype: modify
                replace: member
                member: uid=alicia,ou=people,dc=example,dc=org
                """)
            try await people.checkAllDue()
            #expect(try await roles(harness, alice.user.id, "acme").orgRole == .administrator)
            let renamed = try await harness.signIn("alicia", password: "alice-demo").body.decode(SignInReply.self)
            #expect(renamed.user.id == alice.user.id)
            try await harness.slapd.modify("dn: uid=alicia,ou=people,dc=example,dc=org\nchangetype: delete")
            try await people.checkAllDue()
            #expect(try await harness.call(.get, "/current-user", token: alice.token).status == 401)
            #expect(try await roles(harness, alice.user.id, "acme").orgRole == nil)
        }
    }

    @Test func whatIsNoRole() async throws {
        try await GatewayHarness.with { harness in
            let wrong: [(String, RoleLevel, String?, String, String)] = [
                ("user:1", .organization, nil, "administator", "did you mean 'administrator'?"),
                ("user:1", .application, "shop", "administrator", "no role on level 'app'"),
                ("user:1", .application, nil, "owner", "object"), ("user:1", .organization, "shop", "member", "has no object"),
                ("alice", .organization, nil, "member", "user:<id>"),
                ("group:engineers", .organization, nil, "member", "names no group"),
                ("group:cn=a,dc=b", .organization, nil, "artefactContributor", "service users only"),
                ("service:", .organization, nil, "member", "user:<id>"),
            ]
            for (subject, level, object, role, words) in wrong {
                let error = await #expect(throws: RoomError.self) {
                    try await harness.assign(subject, level, object, role)
                }
                #expect(
                    error?.status == 422 && error?.body?.message.contains(words) == true,
                    "\(subject) \(role): \(error as RoomError?)")
            }
            let org = await #expect(throws: RoomError.self) {
                try await harness.assign("user:1", .organization, nil, "member", in: "No")
            }
            #expect(org?.status == 422)
        }
    }
}
