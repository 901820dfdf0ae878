import HTTPTypes
import Hummingbird
import PlatformModel
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import Testing

import struct PlatformModel.Application

@testable import Gateway

@Suite struct PeopleTests {
    /// An orchestrator that has these applications and environment types.
    private func serve(_ harness: GatewayHarness, apps: Set<String> = ["shop"], types: Set<String> = ["development"]) {
        harness.orchestrator.answers { received, _ in
            let parts = received.segments.map(String.init)
            guard parts.count == 5 else { return .json(bytes: Array("{}".utf8)) }
            if parts[3] == "apps", apps.contains(parts[4]) {
                let time = Timestamp(milliseconds: 0)
                return try .json(
                    Application(
                        id: parts[4], name: parts[4], orgID: parts[2], createdAt: time, createdBy: "user:1", envs: [],
                        status: .active, statusChangedAt: time))
            }
            if parts[3] == "env-types", types.contains(parts[4]) { return try .json(["id": .string(parts[4])] as JSON) }
            throw HTTPFailure.notFound("There is no '\(parts[4])' here.")
        }
    }

    @Test func whoIsInAnOrganizationAndHow() async throws {
        try await GatewayHarness.with { harness in
            serve(harness)
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            let alice = try await harness.signIn("alice").body.decode(SignInReply.self)
            let bob = try await harness.signIn("bob").body.decode(SignInReply.self)
            let made = try await harness.call(
                .post, "/orgs/acme/users", token: alice.token, body: ["name": "ci", "role": "member", "is_admin": true])
            #expect(made.status == 422)
            let robot = try await harness.call(
                .post, "/orgs/acme/users", token: alice.token, body: ["name": "robot", "role": "member", "is_admin": true])
            #expect(robot.status == 200 && robot.body["type"] == "service" && robot.body["is_admin"] == nil)
            #expect(
                try await harness.call(.post, "/orgs/acme/users", token: alice.token, body: ["name": "robot", "role": "member"])
                    .status == 409)

            let list = try await harness.call(.get, "/orgs/acme/users", token: alice.token).body.decode([RoleHolder].self)
            #expect(
                list.map(\.name) == [
                    "Alice Ahlgren", "Bob Brennan", "cn=platform-engineers,ou=groups,dc=example,dc=org", "robot",
                ])
            #expect(list.map(\.role) == ["administrator", "member", "administrator", "member"])
            #expect(list.map(\.type) == ["user", "user", "group", "service"])
            let group = list[2]
            #expect(list[0].via == [group.id] && group.idpID == "directory" && group.id.hasPrefix("g-"))
            let groups = try await harness.call(.get, "/orgs/acme/users?type=group", token: alice.token)
            #expect(groups.body.array?.count == 1)
            let inApp = try await harness.call(.get, "/orgs/acme/apps/shop/users?type=user", token: alice.token)
            #expect(try inApp.body.decode([RoleHolder].self).map(\.id) == [bob.user.id])

            // By id with and without its prefix, by user name, by mail.
            let bare = String(bob.user.id.dropFirst(5))
            for name in [bob.user.id, bare, "bob", "BOB@example.org"] {
                let found = try await harness.call(.get, "/orgs/acme/apps/shop/users/\(name)", token: alice.token)
                #expect(found.status == 200 && found.body["role"] == "developer", "\(name): \(found)")
            }
            let members = try await harness.call(.get, "/orgs/acme/groups/\(group.id)/users", token: alice.token)
            #expect(try members.body.decode([PersonInfo].self).map(\.name) == ["Alice Ahlgren"])
            let mine = try await harness.call(.get, "/orgs/acme/users/alice/groups", token: alice.token)
            #expect(mine.body[0]?["id"] == .string(group.id) && mine.body[0]?["role"] == nil)
            // Another organisation knows none of them.
            let stranger = try await harness.token("admin", in: "globex", org: .administrator)
            for name in [bob.user.id, bare, "bob", group.id, "service:x"] {
                #expect(try await harness.call(.get, "/orgs/globex/users/\(name)", token: stranger).status == 404)
                #expect(try await harness.call(.get, "/orgs/acme/users/\(name)", token: stranger).status == 404)
            }
        }
    }

    @Test func rolesAreGivenChangedAndTaken() async throws {
        try await GatewayHarness.with { harness in
            serve(harness)
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let admin = try await harness.token("admin", org: .administrator)
            let robot = try await harness.token("robot", org: .member)
            for (path, role) in [("apps/shop", "viewer"), ("env-types/development", "deployer")] {
                let given = try await harness.call(
                    .post, "/orgs/acme/\(path)/users", token: admin, body: ["id": "robot", "role": .string(role)])
                #expect(given.status == 200 && given.body["role"] == .string(role), "\(given)")
            }
            let changed = try await harness.call(
                .patch, "/orgs/acme/apps/shop/users/robot", token: admin, body: ["role": "developer", "id": "alice"])
            #expect(changed.body["role"] == "developer" && changed.body["name"] == "robot")
            #expect(
                try await harness.call(.get, "/current-user", token: robot).body["roles"]
                    == [
                        "/orgs/acme": "member", "/orgs/acme/apps/shop": "developer",
                        "/orgs/acme/env-types/development": "deployer",
                    ])
            let me = try #require(try await harness.call(.get, "/current-user", token: robot).body["id"]?.string)
            let permissions = try await harness.call(.get, "/orgs/acme/users/\(me)/perms", token: robot).body["objects"]
            #expect(permissions?["/orgs/acme/apps/shop"]?["permissions"]?.array?.contains("changeDeltas") == true)
            #expect(permissions?["/orgs/acme"]?["permissions"]?.array?.contains("createApplication") == false)
            // Nobody else's, and not of what is not there.
            #expect(try await harness.call(.get, "/orgs/acme/users/admin/perms", token: robot).status == 403)
            for (path, body) in [
                ("apps/nowhere/users", ["id": "robot", "role": "viewer"] as JSON),
                ("env-types/nowhere/users", ["id": "robot", "role": "deployer"]),
                ("apps/shop/users", ["id": "nobody", "role": "viewer"]),
            ] {
                #expect(try await harness.call(.post, "/orgs/acme/\(path)", token: admin, body: body).status == 404)
            }
            let wrong = try await harness.call(
                .post, "/orgs/acme/apps/shop/users", token: admin, body: ["id": "robot", "role": "develper"])
            #expect(wrong.status == 422 && wrong.message.contains("did you mean 'developer'?"))
            #expect(try await harness.call(.delete, "/orgs/acme/apps/shop/users/robot", token: admin).status == 204)
            #expect(try await harness.call(.delete, "/orgs/acme/apps/shop/users/robot", token: admin).status == 404)
            // Who leaves the organisation leaves everything in it; a service user's tokens end.
            #expect(try await harness.call(.delete, "/orgs/acme/users/robot", token: admin).status == 204)
            #expect(try await harness.call(.get, "/current-user", token: robot).status == 401)
            #expect(try await harness.call(.get, "/orgs/acme/env-types/development/users", token: admin).body == [])
        }
    }

    @Test func whatAGroupGivesIsTheGroups() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let request: JSON = [
                "group_id": "CN=Shop-Developers, ou=groups,dc=example,dc=org", "idp_id": "directory", "role": "member",
            ]
            let made = try await harness.call(.post, "/orgs/acme/groups", token: admin, body: request)
            let id = try #require(made.body["id"]?.string)
            #expect(made.status == 200 && made.body["group_id"] == "cn=shop-developers,ou=groups,dc=example,dc=org")
            #expect(try await harness.call(.post, "/orgs/acme/groups", token: admin, body: request).status == 409)
            var more = request.object ?? [:]
            more["org_id"] = "globex"
            let closed = try await harness.call(.post, "/orgs/acme/groups", token: admin, body: .object(more))
            #expect(closed.status == 422 && closed.message.contains("org_id"))
            let bob = try await harness.session(of: "bob")
            #expect(try await harness.call(.get, "/current-user", token: bob).body["roles"] == ["/orgs/acme": "member"])
            let taken = try await harness.call(.delete, "/orgs/acme/users/bob", token: admin)
            #expect(taken.status == 409 && taken.error == "held_by_group" && taken.body["details"]?["groups"] == [.string(id)])
            #expect(
                try await harness.call(.patch, "/orgs/acme/users/\(id)", token: admin, body: ["role": "manager"]).status == 200)
            #expect(try await harness.call(.get, "/current-user", token: bob).body["roles"] == ["/orgs/acme": "manager"])
            #expect(try await harness.call(.delete, "/orgs/acme/users/\(id)", token: admin).status == 204)
            #expect(try await harness.call(.get, "/current-user", token: bob).body["roles"] == [:])
        }
    }

    /// T26: nobody gives what they do not hold.
    @Test func aManagerInvitesAndRemovesButNotAdministrators() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator)
            let manager = try await harness.token("manager", org: .manager)
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member")
            _ = try await harness.session(of: "alice")
            _ = try await harness.session(of: "bob")
            #expect(
                try await harness.call(.patch, "/orgs/acme/users/bob", token: manager, body: ["role": "manager"]).status == 200)
            let refused: [(HTTPRequest.Method, String, JSON?)] = [
                (.patch, "users/bob", ["role": "administrator"]), (.patch, "users/bob", ["role": "orgViewer"]),
                (.patch, "users/manager", ["role": "administrator"]), (.patch, "users/manager", ["role": "manager"]),
                (.delete, "users/alice", nil), (.patch, "users/alice", ["role": "member"]), (.delete, "users/admin", nil),
                (.post, "users", ["name": "robot", "role": "member"]),
                (
                    .post, "groups",
                    ["group_id": "cn=auditors,ou=groups,dc=example,dc=org", "idp_id": "directory", "role": "member"]
                ),
                (.post, "invitations", ["email": "carol@example.org", "role": "administrator"]),
                (.post, "tokens", ["name": "mine", "org_role": "administrator"]),
            ]
            for (method, path, body) in refused {
                let answer = try await harness.call(method, "/orgs/acme/\(path)", token: manager, body: body)
                #expect(answer.status == 403 && answer.error == "forbidden", "\(method) \(path): \(answer)")
                #expect(try await harness.record(of: answer) == ["refused 403 forbidden"], "\(method) \(path)")
            }
            let groups = try await harness.call(.get, "/orgs/acme/users?type=group", token: admin).body.decode([RoleHolder].self)
            for group in groups {
                #expect(try await harness.call(.delete, "/orgs/acme/users/\(group.id)", token: manager).status == 403)
            }
            #expect(try await harness.call(.delete, "/orgs/acme/users/bob", token: manager).status == 204)
            let own = try await harness.call(.get, "/orgs/acme/users/bob", token: admin).body
            #expect(own["role"] == "member" && own["via"] != nil)
        }
    }

    @Test func anOwnerGivesRolesOnTheirApplicationOnly() async throws {
        try await GatewayHarness.with { harness in
            serve(harness, apps: ["shop", "other"])
            _ = try await harness.token("robot", org: .member)
            let owner = try await harness.token("owner", apps: ["shop": .owner, "other": .developer])
            let body: JSON = ["id": "robot", "role": "owner"]
            #expect(try await harness.call(.post, "/orgs/acme/apps/shop/users", token: owner, body: body).status == 200)
            #expect(try await harness.call(.post, "/orgs/acme/apps/other/users", token: owner, body: body).status == 403)
            #expect(try await harness.call(.post, "/orgs/acme/apps/none/users", token: owner, body: body).status == 404)
            let deployer: JSON = ["id": "robot", "role": "deployer"]
            #expect(
                try await harness.call(.post, "/orgs/acme/env-types/development/users", token: owner, body: deployer).status
                    == 403)
            #expect(
                try await harness.call(.patch, "/orgs/acme/users/owner", token: owner, body: ["role": "manager"]).status == 403)
        }
    }
}
