import Cryptography
import HTTPTypes
import Outgoing
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import SecretBroker

/// T35, T36: an outside Vault, and all that goes wrong with it.
@Suite struct VaultStoreTests {
    @Test func secretsAreReadByPathVersionAndMember() async throws {
        try await VaultFixture.with { fixture in
            try await fixture.keep("apps/shop/db", ["user": "a", "password": "one"])
            try await fixture.keep("apps/shop/db", ["user": "a", "password": "two", "port": 5432])
            try await fixture.keep("apps/shop/plain", ["value": "just this"])
            #expect(try await fixture.read("apps/shop/db#password") == "two")
            #expect(try await fixture.read("apps/shop/db#port") == 5432)
            #expect(try await fixture.read("apps/shop/db#password", version: "1") == "one")
            #expect(try await fixture.read("apps/shop/db") == ["user": "a", "password": "two", "port": 5432])
            #expect(try await fixture.read("apps/shop/plain") == "just this")
            for (ref, version, words) in [
                ("apps/shop/none", nil, "has nothing at 'apps/shop/none'"), ("apps/shop/db#nope", nil, "no member 'nope'"),
                ("apps/shop/db#user", "9", "in version 9"),
            ] {
                let answer = try await fixture.refusal { _ = try await fixture.read(ref, version: version) }
                #expect(answer.hasPrefix("404 secret_missing") && answer.contains(words), "\(answer)")
            }
            try await fixture.request(.post, "/v1/secret/delete/apps/shop/plain", ["versions": [1]])
            let deleted = try await fixture.refusal { _ = try await fixture.read("apps/shop/plain") }
            #expect(deleted.hasPrefix("404 secret_missing"), "\(deleted)")
            let outcomes = try await fixture.broker.reads()
            #expect(try outcomes.first?.string("path") == "vault:apps/shop/db#password")
            #expect(try outcomes.first?.string("result") == "given" && outcomes.last?.string("result") == "missing")
        }
    }

    @Test func versionOneAndNamespaces() async throws {
        try await VaultFixture.with(vault: ["path": "kv", "kv_version": 1, "namespace": "team/a"]) { fixture in
            try await fixture.request(.post, "/v1/kv/apps/shop/x", ["value": "old engine"])
            _ = try await fixture.requests()
            #expect(try await fixture.read("apps/shop/x") == "old engine")
            let seen = try await fixture.requests()
            #expect(seen.map { $0["path"]?.string } == ["/v1/kv/apps/shop/x"])
            #expect(seen[0]["namespace"] == "team/a" && seen[0]["request"] == "true")
            let versioned = try await fixture.refusal { _ = try await fixture.read("apps/shop/x", version: "1") }
            #expect(versioned.contains("403 not_granted"), "\(versioned)")
        }
    }

    /// One sign-in for many reads; one more when the token is taken away, and then an error.
    @Test func appRoleSignsInAgainOnce() async throws {
        try await VaultFixture.with(auth: VaultFixture.approle) { fixture in
            try await fixture.keep("apps/shop/x", ["value": "1"])
            _ = try await fixture.requests()
            for _ in 0..<3 { _ = try await fixture.read("apps/shop/x") }
            #expect(try await fixture.logins() == 1)
            try await fixture.control(["revoke_all": true])
            #expect(try await fixture.read("apps/shop/x") == "1")
            #expect(try await fixture.logins() == 1)
            // Signed in, and still not allowed: asked twice, and no more.
            try await fixture.control(["status": 403, "times": 1000])
            let denied = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(denied.contains("422 store_refused"), "\(denied)")
            #expect(try await fixture.requests().count <= 2)
            try await fixture.control(["status": 0, "times": 0, "revoke_all": true, "secret_id_uses": 1])
            let used = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(used.contains("invalid secret id"), "\(used)")
        }
    }

    /// T36: renewed in the last third of its life, and never used once it has ended.
    @Test func tokensAreRenewedBeforeTheyEnd() async throws {
        try await VaultFixture.with(auth: VaultFixture.approle) { fixture in
            try await fixture.keep("apps/shop/x", ["value": "1"])
            try await fixture.control(["tokens": ["hvs.late": ["ttl": 90]]])
            for (age, paths) in [
                (10, ["data"]), (70, ["renew-self", "data"]), (89, ["login", "data"]), (900, ["login", "data"]),
            ] {
                let (store, tokens) = try fixture.store(VaultFixture.approle)
                tokens.keep(VaultToken("hvs.late", seconds: 90, isRenewable: true, at: .now - .seconds(age)), of: "s")
                _ = try await fixture.requests()
                #expect(try await store.read(OutsidePath("apps/shop/x"), version: nil) == "1")
                let seen = try await fixture.requests().compactMap { $0["path"]?.string }
                #expect(seen.count == paths.count && zip(seen, paths).allSatisfy { $0.contains($1) }, "\(age): \(seen)")
            }
        }
    }

    @Test func aTokenThatWasGivenIsKeptAlive() async throws {
        try await VaultFixture.with { fixture in
            try await fixture.control(["tokens": ["hvs.given": ["ttl": 30], "hvs.short": ["ttl": 30, "renewable": false]]])
            try await fixture.put(auth: ["token": "hvs.given"], isNew: false)
            _ = try await fixture.requests()
            try await fixture.renewDue()
            let paths = try await fixture.requests().compactMap { $0["path"]?.string }
            #expect(paths == ["/v1/auth/token/lookup-self", "/v1/auth/token/renew-self"])
            let due = try await fixture.broker.rows(
                "SELECT extract(epoch FROM due_at - clock_timestamp())::int AS left FROM broker.store_renewals")
            #expect((5...12).contains(try due[0].int("left")), "a third of what it lives")
            try await fixture.renewDue()
            #expect(try await fixture.requests().isEmpty, "not due")
        }
    }

    @Test func aTokenThatEndedIsSaidToHaveEnded() async throws {
        try await VaultFixture.with(auth: ["token": "hvs.gone"]) { fixture in
            let gone = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(gone.contains("422 store_refused") && gone.contains("give the store a new one"), "\(gone)")
            try await fixture.control(["tokens": ["hvs.gone": ["prefix": "secret/data/other"]]])
            let denied = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(denied.contains("its policies have to allow"), "\(denied)")
        }
    }

    @Test(arguments: [429, 473, 472, 500, 502, 503, 412])
    func whatPassesIsWaitedFor(_ status: Int) async throws {
        try await VaultFixture.with { fixture in
            try await fixture.keep("apps/shop/x", ["value": "1"])
            try await fixture.control(["status": .int(Int64(status)), "times": 2])
            #expect(try await fixture.read("apps/shop/x") == "1")
            try await fixture.control(["status": .int(Int64(status)), "times": 1000, "forget_requests": true])
            let away = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(away.hasPrefix("503 store_unavailable") && away.contains("asked 4 times"), "\(away)")
            #expect(try await fixture.requests().count == 4)
            // Longer than it is waited for at all.
            try await fixture.control(["status": .int(Int64(status)), "times": 1000, "retry_after": 60])
            let later = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(later.contains("asked 1 time)"), "\(later)")
        }
    }

    @Test func sealedHangingAndSlow() async throws {
        var limits = VaultFixture.limits
        limits.attempt = .seconds(2)
        limits.whole = .seconds(5)
        try await VaultFixture.with(limits: limits) { fixture in
            try await fixture.keep("apps/shop/x", ["value": "1"])
            try await fixture.control(["sealed": true])
            let sealed = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(sealed.hasPrefix("503 store_unavailable") && sealed.contains("Vault is sealed"), "\(sealed)")
            try await fixture.control(["sealed": false, "slow": 0.3])
            #expect(try await fixture.read("apps/shop/x") == "1")
            try await fixture.control(["slow": 0, "hang": true])
            let begin = ContinuousClock.now
            let hanging = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(hanging.hasPrefix("503 store_unavailable"), "\(hanging)")
            #expect(ContinuousClock.now - begin < .seconds(25), "5 seconds, on a machine that is busy")
            // What Martlet keeps itself is read meanwhile.
            try await fixture.broker.grant(prefix: BrokerFixture.prefix)
            _ = try await fixture.broker.write(BrokerFixture.prefix + "/a/b", "own")
            #expect(try await fixture.broker.read(BrokerFixture.prefix + "/a/b") == "own")
        }
    }

    /// T35: nothing is sent to where a redirect leads, and the token least of all.
    @Test func aRedirectToAnotherHostIsNotFollowed() async throws {
        try await VaultFixture.with { fixture in
            let pair = try SelfSignedCertificate(names: ["127.0.0.1"])
            let other = try await VaultStandIn(
                certificate: pair.certificate, key: pair.privateKey.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            let there = VaultFixture(broker: fixture.broker, vault: other, certificate: pair.certificate)
            for target in [other.url + "/v1/secret/data/x", "http://127.0.0.1:1/x", "//elsewhere/x", "https://127.0.0.1.evil/x"] {
                try await fixture.control(["redirect": .string(target)])
                let answer = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
                #expect(answer.contains("422 store_refused") && answer.contains("where nothing is sent"), "\(answer)")
            }
            #expect(try await there.requests().isEmpty)
            // To the same place, once.
            try await fixture.control(["redirect": .string(fixture.vault.url + "/v1/secret/data/x"), "forget_requests": true])
            let loop = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(loop.contains("from one address to the next"), "\(loop)")
            #expect(try await fixture.requests().count == 2)
        }
    }

    @Test func whoIsNotTheOneThatWasMeantGetsNothing() async throws {
        try await VaultFixture.with { fixture in
            let stranger = try SelfSignedCertificate(names: ["127.0.0.1"])
            try await fixture.put("other", auth: ["token": "hvs.root"], extra: ["ca": .string(stranger.certificate)])
            _ = try await fixture.requests()
            let untrusted = try await fixture.refusal { _ = try await fixture.read("apps/shop/x", store: "other") }
            #expect(untrusted.contains("422 store_refused") && untrusted.contains("TLS"), "\(untrusted)")
            #expect(try await fixture.requests().isEmpty)
            // The rules of the machine, whoever says what (T49).
            for url in ["https://169.254.169.254", "https://[::1]:8200", "https://10.0.0.1"] {
                try await fixture.put("far", extra: ["url": .string(url)], isNew: url.hasSuffix(".254"))
                let answer = try await fixture.refusal { _ = try await fixture.read("apps/shop/x", store: "far") }
                #expect(answer.contains("no place where secret stores may be"), "\(answer)")
            }
        }
    }

    /// An answer that repeats what it was sent, or is none at all.
    @Test func oddAnswersAreRefusedAndRepeatNoCredential() async throws {
        try await VaultFixture.with(auth: VaultFixture.approle) { fixture in
            try await fixture.control(["status": 400, "times": 1000, "echo": true])
            let echoed = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(echoed.contains("422 store_refused"), "\(echoed)")
            try await fixture.control(["status": 0, "times": 0])
            try await fixture.put(auth: ["token": "hvs.root"], isNew: false)
            try await fixture.control(["status": 400, "times": 1000])
            let own = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
            #expect(own.contains("***"), "\(own)")
            for garbage in ["{", "[]", #"{"data": 7}"#, #"{"data": {"data": [1]}}"#, String(repeating: "[", count: 5000)] {
                try await fixture.control(["status": 0, "times": 0, "garbage": .string(garbage)])
                let answer = try await fixture.refusal { _ = try await fixture.read("apps/shop/x") }
                #expect(answer.contains("422 store_refused"), "\(garbage.prefix(20)): \(answer)")
            }
        }
    }

    /// hvac, which others wrote, finds in the stand-in the Vault that it knows.
    @Test(.enabled(if: VaultStandIn.judge != nil)) func theStandInIsJudged() async throws {
        try await VaultFixture.with { fixture in
            let python = try #require(VaultStandIn.judge)
            let judge = try ProgramProcess(
                python, arguments: [VaultStandIn.folder + "/judge.py", fixture.vault.url, fixture.vault.certificateFile],
                log: fixture.vault.certificateFile + ".judge")
            let status = try await judge.exit()
            #expect(status == 0, "\(judge.output)")
        }
    }
}

extension VaultFixture {
    /// Sign-ins since the last look.
    func logins() async throws -> Int { try await requests().count { $0["path"]?.string?.hasSuffix("/login") == true } }

    /// A store as a broker has it, with the tokens that it keeps.
    func store(_ auth: JSON) throws -> (VaultStore, VaultTokens) {
        var rules = OutgoingRules(), reader = VaultSpecificationReader()
        _ = rules.add("127.0.0.1")
        let document: JSON = ["url": .string(vault.url), "ca": .string(certificate), "auth": auth]
        let read = reader.read(document, over: nil)
        let (specification, credentials) = try #require(read)
        let tokens = VaultTokens()
        let store = VaultStore(
            key: "s", specification, try #require(credentials), tokens: tokens, connector: OutgoingClient(rules: rules),
            limits: Self.limits)
        return (store, tokens)
    }

    /// What the broker does by itself, over the same database.
    func renewDue() async throws {
        var rules = OutgoingRules()
        _ = rules.add("127.0.0.1")
        try await PostgresPool.with(broker.database.configuration(role: "martlet_broker"), logger: quiet) { [rules] pool in
            let desk = StoreDesk(
                database: pool, keyring: Keyring(rootKeys: try RootKeys(current: BrokerFixture.key(1))),
                connector: OutgoingClient(rules: rules), limits: Self.limits)
            try await desk.renewDue(quiet)
        }
    }
}
