import HTTPTypes
import PlatformModel
import ServiceAPI
import Testing

@testable import Gateway

/// T29: the last administrator stays.
@Suite struct LastAdministratorTests {
    @Test func theLastOneStays() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let alice = try await harness.session(of: "alice")
            let robot = try await harness.token("robot", org: .administrator)
            let groups = try await harness.call(.get, "/orgs/acme/users?type=group", token: alice).body.decode([RoleHolder].self)
            let group = try #require(groups.first).id
            // A service user does not count beside people; a group does as far as it has members.
            for (token, role) in [(alice, "member"), (robot, "manager")] {
                let answer = try await harness.call(
                    .patch, "/orgs/acme/users/\(group)", token: token, body: ["role": .string(role)])
                #expect(answer.status == 409 && answer.error == "last_administrator", "\(answer)")
                #expect(try await harness.record(of: answer) == ["refused 409 last_administrator"])
            }
            #expect(try await harness.call(.delete, "/orgs/acme/users/\(group)", token: robot).error == "last_administrator")
            // With a second one it goes.
            try await harness.assign(GatewayHarness.developers, .organization, nil, "member")
            let bob = try await harness.session(of: "bob")
            #expect(
                try await harness.call(.patch, "/orgs/acme/users/bob", token: alice, body: ["role": "administrator"]).status
                    == 200)
            #expect(try await harness.call(.delete, "/orgs/acme/users/\(group)", token: bob).status == 204)
            for method in ["DELETE", "PATCH"] {
                let answer = try await harness.call(
                    method == "DELETE" ? .delete : .patch, "/orgs/acme/users/bob", token: bob,
                    body: method == "DELETE" ? nil : ["role": "manager"])
                #expect(answer.status == 409 && answer.error == "last_administrator", "\(answer)")
            }
        }
    }

    @Test func withoutPeopleTheLastServiceUserStays() async throws {
        try await GatewayHarness.with { harness in
            let robot = try await harness.token("robot", org: .administrator)
            #expect(try await harness.call(.delete, "/orgs/acme/users/robot", token: robot).error == "last_administrator")
            let again = try await harness.call(
                .post, "/orgs/acme/tokens", token: robot, body: ["name": "robot", "org_role": "member"])
            #expect(again.error == "last_administrator", "\(again)")
            #expect(try await harness.call(.get, "/orgs/acme/users", token: robot).status == 200)
        }
    }

    /// Two administrators take each other's role at the same moment: one of them stays, each time.
    @Test func twoAtTheSameMomentDoNotBothSucceed() async throws {
        try await GatewayHarness.with { harness in
            for round in 0..<10 {
                let org = "race-\(round)"
                try await harness.assign(GatewayHarness.engineers, .organization, nil, "member", in: org)
                try await harness.assign(GatewayHarness.developers, .organization, nil, "member", in: org)
                let alice = try await harness.signIn("alice").body.decode(SignInReply.self)
                let bob = try await harness.signIn("bob").body.decode(SignInReply.self)
                for person in [alice, bob] {
                    try await harness.assign(person.user.id, .organization, nil, "administrator", in: org)
                }
                async let first = harness.call(
                    .patch, "/orgs/\(org)/users/alice", token: bob.token, body: ["role": "member"])
                async let second = harness.call(
                    .patch, "/orgs/\(org)/users/bob", token: alice.token, body: ["role": "member"])
                let statuses = [try await first.status, try await second.status]
                #expect(statuses.filter { $0 == 200 }.count == 1, "\(statuses)")
                #expect(statuses.allSatisfy { [200, 403, 409].contains($0) }, "\(statuses)")
            }
        }
    }
}
