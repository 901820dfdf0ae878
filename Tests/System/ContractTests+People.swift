import PlatformModel
import TestSupport
import Testing

extension ApplianceTests.ContractTests {
    func people(_ walk: Walk) async throws {
        #expect(try await walk(200, "GET", Self.org + "/audit-logs").array?.isEmpty == false)
        let robot = try await walk(200, "POST", Self.org + "/users", ["name": "stroller", "role": "member"])
        let id = try #require(robot["id"]?.string), user = Self.org + "/users/" + id
        try await walk(409, "POST", Self.org + "/users", ["name": "stroller", "role": "member"])
        #expect(try await walk(200, "GET", Self.org + "/users").array?.contains { $0["id"]?.string == id } == true)
        #expect(try await walk(200, "GET", user)["role"] == "member")
        #expect(try await walk(200, "PATCH", user, ["role": "orgViewer"])["role"] == "orgViewer")
        #expect(try await walk(200, "GET", user + "/perms")["objects"]?[Self.org] != nil)
        #expect(try await walk(200, "GET", user + "/groups") == [])
        let tokens = "/users/\(id)/tokens"
        let secret = try await walk(200, "POST", tokens, ["id": "first", "type": "static", "description": "d"])["token"]?
            .string
        try await walk(409, "POST", tokens, ["id": "first", "type": "static"])
        #expect(try await walk(200, "GET", tokens, token: secret).array?.compactMap { $0["id"]?.string } == ["first"])
        #expect(try await walk(200, "GET", tokens + "/first")["type"] == "static")
        try await walk(204, "DELETE", tokens + "/first")
        try await walk(401, "GET", "/current-user", token: secret)
        try await trusts(walk)
        try await walk(204, "DELETE", user)
        try await walk(404, "GET", user)
        let bob = try await signedIn(walk)
        let guests = "cn=guests,ou=groups,dc=example,dc=org"
        let group = try await walk(
            200, "POST", Self.org + "/groups", ["group_id": .string(guests), "idp_id": "directory", "role": "member"])
        let groupID = try #require(group["id"]?.string)
        #expect(try await walk(200, "GET", Self.org + "/groups/\(groupID)/users") == [])
        try await walk(204, "DELETE", Self.org + "/users/\(groupID)")
        let invited = try await walk(200, "POST", Self.org + "/invitations", ["email": "eve@example.org", "role": "member"])
        let invitation = try #require(invited[0]?["id"]?.string)
        #expect(
            try await walk(200, "GET", Self.org + "/invitations").array?.compactMap { $0["user_id"]?.string } == [invitation])
        try await walk(204, "DELETE", Self.org + "/users/\(invitation)")
        try await walk(204, "DELETE", bob)
    }

    /// An issuer that is trusted and does not answer.
    private func trusts(_ walk: Walk) async throws {
        let trusts = Self.org + "/oidc-trusts"
        let trust: JSON = [
            "id": "walked", "issuer": "https://127.0.0.1:1", "audience": "martlet", "conditions": ["sub": "one"],
            "service_user": "stroller",
        ]
        #expect(try await walk(201, "POST", trusts, trust)["name"] == "stroller")
        try await walk(409, "POST", trusts, trust)
        #expect(try await walk(200, "GET", trusts).array?.compactMap { $0["id"]?.string } == ["walked"])
        try await walk(401, "POST", "/auth/token-exchange", ["organization": "acme", "trust": "walked", "token": "a.b.c"])
        #expect(try await walk(200, "GET", trusts + "/walked")["last_refusal"]?.string?.isEmpty == false)
        try await walk(204, "DELETE", trusts + "/walked")
        try await walk(404, "GET", trusts + "/walked")
    }

    /// Organisations as the appliance has them.
    func appliance(_ walk: Walk) async throws {
        let token = try await walk.appliance.applianceAdministrator(), org = "/appliance/orgs/walked"
        #expect(
            try await walk(201, "POST", "/appliance/orgs", ["id": "walked", "name": "Walked"], token: token)["state"] == "active")
        try await walk(409, "POST", "/appliance/orgs", ["id": "walked"], token: token)
        #expect(try await walk(200, "GET", "/appliance/orgs", token: token).array?.contains { $0["id"] == "walked" } == true)
        #expect(try await walk(200, "GET", org, token: token)["name"] == "Walked")
        try await walk(200, "PATCH", org + "/limits", ["applications": 3], token: token)
        #expect(try await walk(200, "GET", org + "/limits", token: token)[0]?["limit"] == 3)
        let suspended = try await walk(200, "POST", org + "/actions/suspend", ["reason": "a walk"], token: token)
        #expect(suspended["state"] == "suspended" && suspended["state_reason"] == "a walk")
        #expect(try await walk(200, "POST", org + "/actions/resume", token: token)["state"] == "active")
        try await walk(403, "GET", org + "/administrators", token: token)
        let breakGlass = try await walk.appliance.breakGlass(), group = "cn=walkers,ou=groups,dc=example,dc=org"
        let given = try await walk(200, "POST", org + "/administrators", ["id": .string("group:" + group)], token: breakGlass)
        let id = try #require(given[0]?["id"]?.string)
        #expect(try await walk(200, "GET", org + "/administrators", token: breakGlass).array?.count == 1)
        try await walk(204, "DELETE", org + "/administrators/\(id)", token: breakGlass)
        try await walk(422, "DELETE", org, token: token)
        #expect(try await walk(202, "DELETE", org + "?confirm=walked", token: token)["state"] == "deleting")
        try await eventually("the end of the organisation") {
            try await walk.appliance.call("GET", org, token: token).status == 404
        }
    }

    /// Somebody who signs in by an invitation, and is signed out by an administrator.
    /// - Returns: The person's path.
    private func signedIn(_ walk: Walk) async throws -> String {
        try await walk(200, "POST", Self.org + "/invitations", ["email": "bob@example.org", "role": "member"])
        let session = try await walk(200, "POST", "/auth/login", ["username": "bob", "password": "bob-demo"])
        let token = session["token"]?.string, id = session["user"]?["id"]?.string ?? ""
        let me = try await walk(
            200, "PATCH", "/current-user", ["properties": ["theme": "dark"], "name": "Root"], token: token)
        #expect(me["properties"] == ["theme": "dark"] && me["name"] == "Bob Brennan")
        #expect(try await walk(200, "GET", "/users/\(id)/tokens", token: token)[0]?["type"] == "session")
        let sessions = Self.org + "/users/\(id)/sessions"
        #expect(try await walk(200, "GET", sessions).array?.isEmpty == false)
        try await walk(204, "DELETE", sessions)
        try await walk(401, "GET", Self.org, token: token)
        return Self.org + "/users/\(id)"
    }

    /// On the application and on the environment.
    func values(_ walk: Walk, _ level: String) async throws {
        let values = level + "/values", one = values + "/WALKED"
        try await walk(201, "POST", values, ["key": "WALKED", "value": "one", "is_secret": false, "description": ""])
        let then = try #require(try await walk(200, "GET", level + "/value-set-versions")[0]?["id"]?.string)
        let version = level + "/value-set-versions/\(then)"
        try await walk(200, "GET", version)
        #expect(try await walk(200, "PATCH", one, ["value": "two"])["value"] == "two")
        #expect(try await walk(200, "GET", values).array?.contains { $0["value"] == "two" } == true)
        try await walk(200, "POST", version + "/restore/WALKED", [:])
        try await walk(200, "PUT", one, ["value": "three", "description": ""])
        try await walk(200, "POST", version + "/restore", [:])
        try await walk(200, "PUT", one, ["value": "four", "description": ""])
        try await walk(204, "POST", version + "/purge/WALKED", [:])
        try await walk(204, "DELETE", one)
        try await walk(204, "DELETE", values)
    }

    func secretStores(_ walk: Walk) async throws {
        let stores = Self.org + "/secretstores", one = stores + "/walked"
        let vault: JSON = ["url": "https://vault.example:8200", "path": "secret", "auth": ["token": "hvs.x"]]
        try await walk(201, "POST", stores, ["id": "walked", "primary": false, "vault": vault])
        #expect(try await walk(200, "GET", stores).array?.contains { $0["id"] == "walked" } == true)
        #expect(try await walk(200, "GET", one)["vault"]?["auth"] == nil)
        try await walk(200, "PATCH", one, ["vault": vault])
        // The address is none that a tenant may reach from here; what the check finds is in its answer.
        try await walk(200, "POST", one + "/actions/check", [:])
        try await walk(204, "DELETE", one)
    }

    /// On the application and on an environment type.
    func roles(_ walk: Walk) async throws {
        try await walk(200, "POST", Self.org + "/users", ["name": "roller", "role": "member"])
        for (object, first, second) in [
            (Self.app, "viewer", "owner"), (Self.org + "/env-types/development", "deployer", "deployer"),
        ] {
            let given = try await walk(200, "POST", object + "/users", ["id": "roller", "role": .string(first)])
            let holder = object + "/users/\(given["id"]?.string ?? "")"
            #expect(try await walk(200, "GET", object + "/users").array?.contains { $0["name"] == "roller" } == true)
            #expect(try await walk(200, "PATCH", holder, ["role": .string(second)])["role"] == .string(second))
            #expect(try await walk(200, "GET", holder)["role"] == .string(second))
            try await walk(204, "DELETE", holder)
            try await walk(404, "GET", holder)
        }
        try await walk(204, "DELETE", Self.org + "/users/roller")
    }
}
