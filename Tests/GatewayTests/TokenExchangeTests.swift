import AccessControl
import DirectoryClient
import Glibc
import HTTPTypes
import Logging
import Outgoing
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// T54: the token of a CI system for a short one of ours, and for nobody else.
@Suite struct TokenExchangeTests {
    /// A gateway that reaches the issuer, a key that the issuer shows, and a service user to be.
    struct Stage: Sendable {
        let harness: GatewayHarness
        let issuer: TestIssuer
        let key: TestIssuer.Key
        let admin: String
        let clock: Clock

        final class Clock: Sendable {
            private let seconds = Mutex(1000.0)
            var now: Double { seconds.withLock { $0 } }
            func pass(_ more: Double) { seconds.withLock { $0 += more } }
        }

        /// Claims as GitHub's.
        func claims(_ change: (inout JSON) -> Void = { _ in }) -> JSON {
            let now = Int64(time(nil))
            var claims: JSON = [
                "iss": .string(issuer.url), "aud": "martlet", "exp": .int(now + 300), "iat": .int(now), "nbf": .int(now),
                "jti": .string("\(UInt64.random(in: 0 ... .max))"), "sub": "repo:octo/shop:ref:refs/heads/main",
                "repository": "octo/shop", "repository_id": "42", "ref": "refs/heads/main", "event_name": "push",
            ]
            change(&claims)
            return claims
        }

        func trust(
            _ id: String = "ci", algorithms: [String] = ["RS256"],
            conditions: [String: String] = ["repository_id": "42", "ref": "refs/heads/*"], seconds: Int? = nil,
            issuer other: String? = nil
        ) async throws {
            let request = OIDCTrustRequest(
                id: id, issuer: other ?? issuer.url, audience: "martlet", algorithms: algorithms, conditions: conditions,
                serviceUser: "deployer", tokenSeconds: seconds)
            let answer = try await harness.call(.post, "/orgs/acme/oidc-trusts", token: admin, body: try JSON(encoding: request))
            try #require(answer.status == 201, "\(answer)")
        }

        func exchange(_ token: String, trust: String = "ci", org: String = "acme") async throws -> GatewayHarness.Answer {
            try await harness.call(
                .post, "/auth/token-exchange",
                body: ["organization": .string(org), "trust": .string(trust), "token": .string(token)])
        }

        func exchange(_ change: (inout JSON) -> Void = { _ in }) async throws -> GatewayHarness.Answer {
            try await exchange(try await issuer.sign(claims(change), with: key))
        }

        func lastRefusal(_ trust: String = "ci") async throws -> String? {
            let answer = try await harness.call(.get, "/orgs/acme/oidc-trusts/\(trust)", token: admin)
            return try answer.body.decode(OIDCTrustInfo.self).lastRefusal
        }
    }

    static let refused: JSON = [
        "error": "unauthorized",
        "message": "This token is not taken here. Administrators of the organization see why: martlet get oidc-trusts.",
    ]

    static func with(_ kind: TestIssuer.Kind = .rsa, _ body: @escaping @Sendable (Stage) async throws -> Void) async throws {
        try await TestIssuer.with { issuer in
            let clock = Stage.Clock(), logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            var rules = OutgoingRules()
            let isRule = rules.add("127.0.0.1")
            try #require(isRule)
            let keys = IssuerKeys(
                connector: OutgoingClient(rules: rules), authorities: [issuer.authority], logger: logger, now: { clock.now })
            try await GatewayHarness.with(issuers: keys) { harness in
                let admin = try await harness.token("root-of-acme", org: .administrator)
                let made = try await harness.call(
                    .post, "/orgs/acme/users", token: admin, body: ["name": "deployer", "role": "member"])
                try #require(made.status == 200, "\(made)")
                let key = try await issuer.makeKey(kind, id: "first")
                issuer.shows([key.shown])
                try await body(Stage(harness: harness, issuer: issuer, key: key, admin: admin, clock: clock))
            }
        }
    }

    @Test(arguments: TestIssuer.Kind.allCases)
    func t54ATokenForAToken(_ kind: TestIssuer.Kind) async throws {
        try await Self.with(kind) { stage in
            try await stage.trust(algorithms: [kind.rawValue], seconds: 120)
            let answer = try await stage.exchange()
            #expect(answer.status == 200 && answer.headers[.cacheControl] == "no-store", "\(answer)")
            let reply = try answer.body.decode(TokenExchangeReply.self)
            #expect(abs(reply.expiresAt.milliseconds - Int64(time(nil)) * 1000 - 120_000) < 5000)
            let me = try await stage.harness.call(.get, "/current-user", token: reply.token)
            #expect(me.body["name"] == "deployer" && me.body["roles"] == ["/orgs/acme": "member"])
            // As whom it is, and no more: and nowhere else.
            #expect(try await stage.harness.call(.get, "/orgs/acme/oidc-trusts", token: reply.token).status == 403)
            #expect(try await stage.harness.call(.get, "/orgs/globex/apps", token: reply.token).status == 404)
            // Changed by a bit, nothing is right any more.
            let token = try await stage.issuer.sign(stage.claims(), with: stage.key)
            let parts = token.split(separator: ".").map(String.init)
            var signature = try #require(Base64URL.decode(parts[2]))
            signature[signature.count / 2] ^= 1
            let claims = TestIssuer.encode(stage.claims { $0["repository_id"] = "42" })
            for wrong in [
                "\(parts[0]).\(parts[1]).\(Base64URL.encode(signature))", "\(parts[0]).\(claims).\(parts[2])",
                "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1]).\(Base64URL.encode([UInt8](repeating: 0, count: 64)))",
            ] {
                let answer = try await stage.exchange(wrong)
                #expect(answer.status == 401 && answer.body == Self.refused)
                #expect(try await stage.lastRefusal() == "the token's signature is not the issuer's")
            }
            #expect(try await stage.exchange(token).status == 200)
        }
    }

    /// Everything about a token that is not as it must be, each in the same words for whoever tries, and in its own for the organisation.
    @Test func t54Refusals() async throws {
        try await Self.with { stage in
            try await stage.trust()
            let now = Int64(time(nil))
            let wrongs: [(String, (inout JSON) -> Void)] = [
                ("another issuer", { $0["iss"] = "https://token.actions.githubusercontent.com" }),
                ("another issuer", { $0["iss"] = nil }),
                ("another audience", { $0["aud"] = "https://github.com/octo" }),
                ("another audience", { $0["aud"] = ["a", "b"] }),
                ("has ended", { $0["exp"] = .int(now - 31) }),
                ("has no end", { $0["exp"] = nil }),
                ("is no time", { $0["exp"] = "tomorrow" }),
                ("not valid yet (nbf)", { $0["nbf"] = .int(now + 90) }),
                ("not valid yet (iat)", { $0["iat"] = .int(now + 90) }),
                ("longer than a day", { $0["exp"] = .int(now + 90_000) }),
                // The fork has an id of its own, whatever it is called.
                ("repository_id is '43'", { $0["repository_id"] = "43" }),
                // Somebody took the name after a renaming.
                (
                    "repository_id is '99'",
                    {
                        $0["repository_id"] = "99"
                        $0["repository"] = "octo/shop"
                    }
                ),
                ("has no repository_id", { $0["repository_id"] = nil }),
                ("ref is 'refs/tags/v1'", { $0["ref"] = "refs/tags/v1" }),
                ("ref is 'refs/heads/a/b'", { $0["ref"] = "refs/heads/a/b" }),
                // A fork's proposal, run in our name.
                ("proposed change", { $0["event_name"] = "pull_request" }),
                ("proposed change", { $0["event_name"] = "pull_request_target" }),
            ]
            for (words, change) in wrongs {
                let answer = try await stage.exchange(change)
                #expect(answer.status == 401 && answer.body == Self.refused, "\(words): \(answer)")
                let reason = try await stage.lastRefusal()
                #expect(reason?.contains(words) == true, "\(words): \(reason ?? "")")
            }
            #expect(try await stage.exchange { $0["aud"] = ["x", "martlet"] }.status == 200)
            #expect(try await stage.exchange { $0["repository_id"] = 42 }.status == 200)
        }
    }

    /// Algorithms and keys: only what is pinned, whatever the header says.
    @Test func t54AlgorithmsAndKeys() async throws {
        try await Self.with { stage in
            try await stage.trust()
            let issuer = stage.issuer, key = stage.key
            func expect(_ words: String, _ token: String) async throws {
                let answer = try await stage.exchange(token)
                #expect(answer.status == 401 && answer.body == Self.refused, "\(words): \(answer)")
                let reason = try await stage.lastRefusal()
                #expect(reason?.contains(words) == true, "\(words): \(reason ?? "")")
            }
            for algorithm in ["none", "None", "HS256", "RS512", "PS256", "ES256", "rs256", ""] {
                try await expect(
                    "algorithm", try await issuer.sign(stage.claims(), with: key, header: ["alg": .string(algorithm)]))
            }
            let unsigned = TestIssuer.encode(["alg": "none"]) + "." + TestIssuer.encode(stage.claims()) + "."
            try await expect("algorithm", unsigned)
            try await expect("names no algorithm", try await issuer.sign(stage.claims(), with: key, header: ["alg": .null]))
            try await expect("extensions", try await issuer.sign(stage.claims(), with: key, header: ["crit": ["exp"]]))
            try await expect("no such key", try await issuer.sign(stage.claims(), with: key, header: ["kid": "second"]))
            // Another's key by the right name.
            let other = try await issuer.makeKey(.rsa, id: "other")
            try await expect("signature", try await issuer.sign(stage.claims(), with: other, header: ["kid": "first"]))
            // The issuer has an elliptic key, too; the trust does not take it.
            let curve = try await issuer.makeKey(.p256, id: "curve")
            issuer.shows([key.shown, curve.shown])
            stage.clock.pass(700)
            try await expect("algorithm", try await issuer.sign(stage.claims(), with: curve))
            try await expect("no such key", try await issuer.sign(stage.claims(), with: curve, header: ["alg": "RS256"]))
            // Without a kid there must be no choice.
            #expect(
                try await stage.exchange(try await issuer.sign(stage.claims(), with: key, header: ["kid": .null])).status
                    == 200)
            issuer.shows([key.shown, other.shown])
            stage.clock.pass(700)
            try await expect("no such key", try await issuer.sign(stage.claims(), with: key, header: ["kid": .null]))
            // Too short a key, a key for something else.
            let short = try await issuer.makeKey(.rsa, id: "short", bits: 1024)
            var encrypting = other.shown
            encrypting["use"] = "enc"
            issuer.shows([short.shown, encrypting])
            stage.clock.pass(700)
            try await expect("cannot be used", try await issuer.sign(stage.claims(), with: short))
            try await expect("no such key", try await issuer.sign(stage.claims(), with: other))
            for text in ["", "x", "a.b", "a.b.c", "....", String(repeating: "a", count: 17_000)] {
                try await expect("token", text)
            }
        }
    }

    /// One token, once, at whichever gateway.
    @Test func t54OnceAtAllGateways() async throws {
        try await Self.with { stage in
            try await stage.trust()
            let token = try await stage.issuer.sign(stage.claims(), with: stage.key)
            let nameless = try await stage.issuer.sign(stage.claims { $0["jti"] = nil }, with: stage.key)
            let logger = stage.harness.gateway.gate.logger
            let other = Gateway(
                stage.harness.configuration, pool: stage.harness.pool, logger: logger,
                issuers: stage.harness.gateway.gate.own.trusts.exchanges.keys)
            defer { other.keeping.people.directory.stop() }
            for token in [token, nameless] {
                let statuses = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<30 {
                        group.addTask {
                            let desk = number.isMultiple(of: 2) ? stage.harness.gateway : other
                            let request = TokenExchangeRequest(organization: "acme", trust: "ci", token: token)
                            do {
                                _ = try await desk.gate.own.trusts.exchanges.exchange(request)
                                return true
                            } catch let failure as HTTPFailure where failure.status == .unauthorized {
                                return false
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.count { $0 } == 1)
                #expect(try await stage.exchange(token).status == 401)
                #expect(try await stage.lastRefusal() == "the token was used before")
            }
            // What is written down of it goes when it could not be used any more.
            try await TrustStore.deleteUsed(stage.harness.pool)
            let used: SQL = "SELECT hash FROM gateway.used_tokens"
            #expect(try await stage.harness.pool.query(used).count == 2)
            try await stage.harness.pool.execute("UPDATE gateway.used_tokens SET expires_at = now() - interval '1 hour'")
            try await TrustStore.deleteUsed(stage.harness.pool)
            #expect(try await stage.harness.pool.query(used).isEmpty)
        }
    }

    /// New keys count without a restart, old ones end; and whoever names keys that there are not does not make us ask each time.
    @Test func t54Rotation() async throws {
        try await Self.with { stage in
            try await stage.trust()
            #expect(try await stage.exchange().status == 200)
            #expect(try await stage.exchange().status == 200)
            #expect(stage.issuer.asked == 1)
            let second = try await stage.issuer.makeKey(.rsa, id: "second")
            stage.issuer.shows([stage.key.shown, second.shown])
            func next() async throws -> Int {
                try await stage.exchange(try await stage.issuer.sign(stage.claims(), with: second)).status
            }
            for _ in 0..<20 { #expect(try await next() == 401) }
            #expect(stage.issuer.asked == 1)
            stage.clock.pass(31)
            #expect(try await next() == 200)
            #expect(stage.issuer.asked == 2)
            stage.issuer.shows([second.shown])
            stage.clock.pass(601)
            #expect(try await next() == 200)
            #expect(try await stage.exchange().status == 401)
            #expect(stage.issuer.asked == 3)
        }
    }

    /// An issuer that hangs, lies or is away: told in time, once for all who wait, and others go on.
    @Test func t54AnIssuerThatIsAway() async throws {
        try await Self.with { stage in
            try await stage.trust()
            #expect(try await stage.exchange().status == 200)
            // Known keys count for a while.
            stage.issuer.behaves(.errors(500))
            stage.clock.pass(700)
            #expect(try await stage.exchange().status == 200)
            #expect(stage.issuer.asked == 2)
            #expect(try await stage.exchange().status == 200)
            #expect(stage.issuer.asked == 2)
            stage.clock.pass(3600)
            for behaviour in [TestIssuer.Behaviour.errors(500), .garbage, .redirects, .errors(404)] {
                stage.issuer.behaves(behaviour)
                stage.clock.pass(11)
                let answer = try await stage.exchange()
                #expect(answer.status == 503 && answer.headers[.retryAfter] == "10", "\(behaviour): \(answer)")
            }
            let before = stage.issuer.asked
            #expect(try await stage.exchange().status == 503)
            #expect(stage.issuer.asked == before)
            stage.issuer.behaves(.hangs)
            stage.clock.pass(11)
            let token = try await stage.issuer.sign(stage.claims(), with: stage.key)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await stage.exchange(token).status } }
                // Nobody else waits.
                #expect(try await stage.harness.call(.get, "/current-user", token: stage.admin).status == 200)
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 503 } && stage.issuer.asked == before + 1)
            stage.issuer.behaves(.good)
            stage.clock.pass(11)
            #expect(try await stage.exchange(token).status == 200)
        }
    }

    /// T49: neither an issuer nor the place of its keys leads to where the machine's administrator does not allow it.
    @Test func t49WhereIssuersMayBe() async throws {
        try await Self.with { stage in
            try await stage.trust()
            for address in [
                "https://169.254.169.254/keys", "https://[::1]/keys", "https://127.0.0.2/keys", "https://[::ffff:10.0.0.1]/keys",
                "http://127.0.0.1/keys", "unix:///run/martlet/broker.sock", "file:///etc/passwd",
            ] {
                stage.issuer.behaves(.keysAt(address))
                stage.clock.pass(4000)
                let answer = try await stage.exchange()
                #expect(answer.status == 503, "\(address): \(answer)")
                #expect(
                    answer.message.contains("does not allow the address") || answer.message.contains("is not https")
                        || answer.message.contains("is no address"), "\(address): \(answer.message)")
            }
        }
        // As it is configured at first, loopback is not allowed at all.
        try await TestIssuer.with { issuer in
            try await GatewayHarness.with { harness in
                let admin = try await harness.token("admin", org: .administrator)
                _ = try await harness.call(.post, "/orgs/acme/users", token: admin, body: ["name": "deployer", "role": "member"])
                let stage = Stage(
                    harness: harness, issuer: issuer, key: try await issuer.makeKey(.rsa, id: "first"), admin: admin,
                    clock: Stage.Clock())
                issuer.shows([stage.key.shown])
                try await stage.trust()
                let answer = try await stage.exchange()
                #expect(answer.status == 503 && answer.message.contains("does not allow the address") && issuer.asked == 0)
            }
        }
    }
}
