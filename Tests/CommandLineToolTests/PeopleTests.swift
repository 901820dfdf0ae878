import CommandLineTool
import PlatformModel
import Testing

@Suite struct PeopleTests {
    private static let org = "/orgs/acme", bob = "user:0f6a2b1c"

    private static let users: JSON = [
        [
            "id": .string(bob), "name": "Bob Brennan", "email": "bob@example.org", "type": "user", "role": "member",
            "created_at": "2026-11-22T08:00:00.000Z", "via": ["g-1234"],
        ],
        ["id": "service:77", "name": "ci", "type": "service", "role": "manager", "created_at": "2026-11-22T08:00:00.000Z"],
        [
            "id": "i-99", "name": "eve@example.org", "email": "eve@example.org", "type": "user", "role": "member",
            "invite": "pending", "created_at": "2026-11-22T08:00:00.000Z",
        ],
    ]

    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            let path = String(request.target.split(separator: "?")[0])
            switch (request.method, path) {
            case ("GET", "\(Self.org)/users"), ("GET", "\(Self.org)/env-types/production/users"): return .json(Self.users)
            case ("GET", "\(Self.org)/users/bob"), ("PATCH", "\(Self.org)/users/bob"), ("POST", "\(Self.org)/apps/shop/users"),
                ("POST", "\(Self.org)/env-types/production/users"):
                let role = request.body?["role"] ?? "member"
                return .json(["id": .string(Self.bob), "name": "Bob Brennan", "type": "user", "role": role])
            case ("GET", "\(Self.org)/apps/shop/users/bob"): return .json(["id": .string(Self.bob), "role": "developer"])
            case ("POST", "\(Self.org)/invitations"):
                return .json([["id": "i-99", "name": "eve@example.org", "role": "member", "invite": "pending"]])
            case ("GET", "/current-user"): return .json(["id": .string(Self.bob), "name": "Bob", "roles": [:]])
            case ("GET", "\(Self.org)/users/user%3A0f6a2b1c/perms"), ("GET", "\(Self.org)/users/\(Self.bob)/perms"):
                return .json(["objects": ["/orgs/acme": ["permissions": ["listApplications", "viewOrganization"]]]])
            case ("GET", "/users/user%3A0f6a2b1c/tokens"), ("GET", "/users/\(Self.bob)/tokens"):
                return .json([
                    [
                        "id": "s1", "type": "session", "description": "this session", "created_at": "2026-11-22T08:00:00.000Z",
                        "expires_at": "2026-11-22T16:00:00.000Z", "last_used_at": "2026-11-22T09:00:00.000Z",
                    ],
                    [
                        "id": "s2", "type": "session", "description": "", "created_at": "2026-11-22T07:00:00.000Z",
                        "expires_at": "2026-11-22T15:00:00.000Z",
                    ],
                ])
            case ("DELETE", _): return .empty
            default: return nil
            }
        }
    }

    @Test func whoIsThere() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        try expectGolden(await tool.run("get", "users").out, "users.txt")
        #expect(gateway.requests.map(\.target) == ["/orgs/acme/users?type=user"])
        // MARTLET_APP alone asks about no application.
        #expect(await tool.run("role", "list").out == (try await Tool(try await self.gateway()).run("get", "users").out))
        #expect(await tool.run("role", "list", "--env-type", "production").status == .done)
        #expect(await tool.run("role", "list", "--env-type", "production", "--app", "shop").status == .usage)
    }

    @Test func aRolesNameSaysWhatItIsHeldOn() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        #expect(await tool.run("role", "grant", "bob", "developer").out == "Bob Brennan is developer on application shop\n")
        #expect(
            await tool.run("role", "grant", "bob", "deployer", "--env-type", "production").out
                == "Bob Brennan is deployer on environment type production\n")
        #expect(await tool.run("role", "grant", "bob", "manager").out == "Bob Brennan is manager on organisation acme\n")
        #expect(
            gateway.requests.map(\.line) == [
                "POST /orgs/acme/apps/shop/users", "POST /orgs/acme/env-types/production/users", "PATCH /orgs/acme/users/bob",
            ])
        for (words, part) in [
            (["bob", "develper"], "did you mean 'developer'?"), (["bob", "deployer"], "Give --env-type"),
            (["bob", "owner", "--env-type", "production"], "only deployer"),
        ] {
            let wrong = await tool.run(["role", "grant"] + words)
            #expect(wrong.status == .usage && wrong.err.contains(part), "\(wrong.err)")
        }
    }

    @Test func aRoleIsTakenWhereItIsHeld() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        let other = await tool.run("role", "revoke", "bob", "owner")
        #expect(other.status == .conflict && other.err.contains("but developer; nothing was taken"))
        #expect(await tool.run("role", "revoke", "bob", "member").status == .usage)
        let taken = await tool.run("role", "revoke", "bob", "developer")
        #expect(taken.status == .done && taken.out == "developer of bob on application shop taken\n", "\(taken)")
        #expect(gateway.requests.last?.line == "DELETE /orgs/acme/apps/shop/users/bob")
    }

    @Test func peopleComeAndGo() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        #expect(await tool.run("invite", "eve@example.org").out == "eve@example.org is invited as member (i-99)\n")
        #expect(gateway.requests.last?.body == ["email": "eve@example.org", "role": "member"])
        let asked = await tool.run("delete", "user", "bob")
        #expect(
            asked.status == .usage && asked.err.contains("user Bob Brennan (\(Self.bob)), with every role in the organisation"))
        #expect(await tool.run("delete", "user", "bob", "--yes").status == .done)
        #expect(gateway.requests.last?.line == "DELETE /orgs/acme/users/bob")
    }

    @Test func sessionsAreShownAndEnded() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        try expectGolden(await tool.run("sessions").out, "sessions.txt")
        #expect(await tool.run("sessions", "--end", "s2").status == .done)
        #expect(gateway.requests.last?.line.hasSuffix("/tokens/s2") == true)
        #expect(await tool.run("sessions", "--end-all").out == "2 sessions ended\n")
        // This one last.
        #expect(gateway.requests.suffix(2).map { $0.target.hasSuffix("/s1") } == [false, true])
        #expect(await tool.run("sessions", "--end", "s2", "--user", "bob").status == .usage)
    }

    @Test func whatOneMayDo() async throws {
        let out = await (try Tool(try await gateway())).run("whoami", "--permissions").out
        #expect(out == "OBJECT      ACTION\n/orgs/acme  listApplications\n/orgs/acme  viewOrganization\n")
    }
}
