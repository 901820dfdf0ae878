import Glibc
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct AllowListTests {
    /// What each kind of caller gets, with real uids over the real socket. The tests run as root, which is here the gateway, too.
    @Test(
        .enabled(if: getuid() == 0, "another user is needed"),
        arguments: [
            ("/healthz", "200", "403"), ("/readyz", "200", "403"), ("/metrics", "200", "403"), ("/v1/whoami/x", "200", "403"),
            ("/v1/runner", "403", "403"), ("/v1/admin/block/nothing", "404", "403"), ("/nowhere", "404", "404"),
        ])
    func byUser(path: String, root: String, nobody: String) async throws {
        let probe = try await Probe.started()
        let options = path.hasPrefix("/v1/admin") ? ["-X", "POST"] : []
        #expect(try await CommandRun.curl(probe.socket, path, options).status == root)
        let refused = try await CommandRun.curl(probe.socket, path, options, as: "nobody")
        #expect(refused.status == nobody)
        if nobody == "403" {
            #expect(refused.output.contains("uid 65534"))
            #expect(probe.process.output.contains("refused a caller"))
        }
    }

    @Test(.enabled(if: getuid() == 0, "another user is needed"))
    func aCallerMaySeeHealthButNotOthersRoutesAndRootOnlyAdmin() async throws {
        let probe = try await Probe.started(extra: "  runner: nobody")
        #expect(try await probe.curl("/healthz", as: "nobody").status == "200")
        #expect(try await probe.curl("/v1/runner", as: "nobody").status == "204")
        #expect(try await probe.curl("/v1/whoami/x", as: "nobody").status == "403")
        #expect(try await probe.curl("/v1/admin/block/nothing", "-X", "POST", as: "nobody").status == "403")
        #expect(try await probe.curl("/v1/runner").status == "403")
    }

    @Test func thePrincipalIsBelievedFromTheGatewayOnly() async throws {
        let probe = try await Probe.started(extra: "  runner: nobody")
        let header = "Martlet-Principal: " + (try PrincipalHeader.shared.text(of: Principal(id: "user:ada", name: "Ada")))
        #expect(try await probe.curl("/v1/whoami/a%2Fb%20c", "-H", header).output.contains(#""principal":"user:ada""#))
        #expect(try await probe.curl("/v1/whoami/a%2Fb%20c").output.contains(#""principal":null"#))
        #expect(try await probe.curl("/v1/whoami/a%2Fb%20c").output.contains(#""word":"a/b c""#))
        #expect(try await probe.curl("/v1/whoami/x", "-H", "Martlet-Principal: ???").status == "400")
        if getuid() == 0 {
            #expect(try await probe.curl("/v1/runner", "-H", header, as: "nobody").status == "204")
            #expect(probe.process.output.contains("not the gateway's"))
        }
    }

    @Test func decisions() {
        let peer = Peer(pid: 1, uid: 7, gid: 7), root = Peer(pid: 1, uid: 0, gid: 0)
        let table: [(Audience, Connection.Origin, Bool)] = [
            (.callers(["a"]), .room(peer, callers: ["a", "b"]), true), (.callers(["a"]), .room(peer, callers: ["b"]), false),
            (.callers(["a"]), .room(root, callers: []), false), (.callers(["a"]), .network(address: "::1"), false),
            (.admin, .room(root, callers: []), true), (.admin, .room(peer, callers: ["a"]), false),
            (.admin, .room(Peer(pid: 1, uid: 9, gid: 9), callers: []), true), (.admin, .network(address: "::1"), false),
            (.health, .room(root, callers: []), true), (.health, .room(peer, callers: ["a"]), true),
            (.health, .room(peer, callers: []), false), (.health, .network(address: "::1"), false),
            (.network, .network(address: "::1"), true), (.network, .room(root, callers: ["a"]), false),
        ]
        for (audience, origin, isAdmitted) in table {
            #expect((audience.refusal(of: origin, admins: [9]) == nil) == isAdmitted, "\(audience) \(origin)")
        }
    }
}
