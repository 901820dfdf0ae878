import HTTPTypes
import PlatformModel
import RoomTestSupport
import ServiceAPI
import TestSupport
import Testing

@testable import Gateway

/// T55: there are no cookies, so a browser has nothing to send along for another site; and nothing that an attacker chose becomes a session.
@Suite struct BrowserTests {
    @Test func t55CookiesAreNeitherTakenNorSet() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let token = try await harness.session(of: "alice")
            let origin = try #require(HTTPField.Name("Origin"))
            let cookies = [
                "token=\(token)", "session=\(token)", "Authorization=Bearer \(token)", "martlet=\(token); mrt=\(token)",
            ]
            for cookie in cookies {
                for (method, path) in [
                    (HTTPRequest.Method.get, "/current-user"), (.post, "/orgs/acme/apps"), (.post, "/auth/logout"),
                ] {
                    let answer = try await harness.call(
                        method, path, body: method == .post ? ["id": "evil"] : nil,
                        headers: [.cookie: cookie, origin: "https://evil.example"])
                    #expect(answer.status == 401, "\(method) \(path): \(answer)")
                }
            }
            #expect(harness.orchestrator.received.isEmpty)
            // A form of another site's cannot be a sign-in: it is no JSON, and would bring nothing to this browser.
            let form = try await harness.call(
                .post, "/auth/login", body: "username=alice", headers: [origin: "https://evil.example"])
            #expect(form.status == 400)
            let answers = [
                try await harness.signIn("alice"), try await harness.signIn("alice", password: "wrong"),
                try await harness.call(.get, "/current-user", token: token),
                try await harness.call(.post, "/auth/logout", token: token, headers: [origin: "https://evil.example"]),
            ]
            #expect(answers.map(\.status) == [200, 401, 200, 204])
            for answer in answers {
                #expect(answer.headers[.setCookie] == nil)
                // And no page of another site reads an answer.
                #expect(!answer.headers.contains { $0.name.rawName.lowercased().hasPrefix("access-control-") })
            }
            // What was signed out is out.
            #expect(try await harness.call(.get, "/current-user", token: token).status == 401)
        }
    }

    /// A token in the address is none, and a token that is sent along with a sign-in does not become the session.
    @Test func t55SessionsAreMadeHere() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let chosen = try AccessToken.make().text
            for query in ["?token=\(chosen)", "?access_token=\(chosen)"] {
                #expect(try await harness.call(.get, "/current-user" + query).status == 401)
            }
            let answer = try await harness.call(
                .post, "/auth/login", token: chosen, body: ["username": "alice", "password": "alice-demo"],
                headers: [.cookie: "session=\(chosen)"])
            let token = try #require(answer.body["token"]?.string)
            #expect(answer.status == 200 && token != chosen)
            #expect(try await harness.call(.get, "/current-user", token: chosen).status == 401)
            #expect(try await harness.session(of: "alice") != token)
            let query = try await harness.call(.get, "/current-user?access_token=\(token)")
            #expect(query.status == 401)
            // A preflight of another site is answered by nothing that would let it go on.
            let preflight = try await harness.call(
                .options, "/orgs/acme/apps", headers: [try #require(HTTPField.Name("Origin")): "https://evil.example"])
            #expect([404, 405].contains(preflight.status))
        }
    }
}
