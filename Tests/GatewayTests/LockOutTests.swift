import AccessControl
import DirectoryClient
import HTTPTypes
import Outgoing
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Gateway

/// T22: whoever tries passwords waits, and learns nothing of who exists.
@Suite struct LockOutTests {
    private static let wrong: JSON = ["error": "unauthorized", "message": "The user name or the password is not right."]

    private static func rule(_ free: Int, seconds: Int = 600) -> LockRule {
        LockRule(freeFailures: free, firstSeconds: seconds, longestSeconds: seconds, forgetSeconds: 3600)
    }

    private static func with(
        names: Int = 3, addresses: Int = 1000, seconds: Int = 600, byMail: Bool = false,
        _ body: @escaping @Sendable (GatewayHarness) async throws -> Void
    ) async throws {
        try await GatewayHarness.with(
            directory: { if byMail { $0.userFilter = "(|(uid={username})(mail={username}))" } },
            configure: {
                $0.signIn.names = rule(names, seconds: seconds)
                $0.signIn.addresses = rule(addresses, seconds: seconds)
            }
        ) { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await body(harness)
        }
    }

    /// Real and unreal names, right and wrong passwords: the same answers in the same order, and the same rows.
    @Test func t22RealAndUnrealAreAlike() async throws {
        try await Self.with { harness in
            var seen: [String: [GatewayHarness.Answer]] = [:]
            for name in ["alice", "mallory", "nobody-at-all"] {
                for _ in 0..<3 { seen[name, default: []].append(try await harness.signIn(name, password: "wrong")) }
                seen[name, default: []].append(try await harness.signIn(name, password: "wrong"))
                // The right one is not looked at any more, either.
                seen[name, default: []].append(try await harness.signIn(name, password: name + "-demo"))
            }
            for (name, answers) in seen {
                #expect(answers.map(\.status) == [401, 401, 401, 429, 429], "\(name)")
                #expect(answers.prefix(3).allSatisfy { $0.body == Self.wrong })
                #expect(answers.suffix(2).allSatisfy { $0.error == "too_many_tries" && $0.headers[.retryAfter] != nil })
                let waits = answers.suffix(2).compactMap { $0.headers[.retryAfter].flatMap(Int.init) }
                #expect(waits.allSatisfy { (560...600).contains($0) }, "\(waits)")
            }
            let rows = try await harness.pool.query(
                "SELECT failures FROM gateway.sign_in_failures WHERE key LIKE 'name:%' ORDER BY key")
            #expect(try rows.map { try $0.int("failures") } == [3, 3, 3])
        }
    }

    /// What is asked of the directory for a name that is there and for one that is not: a search and a bind each, so that no clock tells.
    @Test func t22TheSameWorkIsDone() async throws {
        try await Self.with(names: 1000) { harness in
            func binds(_ name: String) async throws -> Int {
                let before = try await harness.slapd.bindCount()
                for _ in 0..<10 { #expect(try await harness.signIn(name, password: "wrong").status == 401) }
                return try await harness.slapd.bindCount() - before
            }
            // The first ones open connections.
            _ = try await (binds("alice"), binds("mallory"))
            let real = try await binds("alice"), unreal = try await binds("mallory")
            #expect(real == unreal && real >= 10, "\(real) and \(unreal)")
        }
    }

    /// One counter for one person, however the name is typed.
    @Test func t19OneCounter() async throws {
        let aliases = ["ALICE", "alice ", "  Alice", "aLiCe"]
        try await Self.with(names: 4) { (harness: GatewayHarness) async throws -> Void in
            for name in aliases { #expect(try await harness.signIn(name, password: "wrong").status == 401) }
            for name in aliases { #expect(try await harness.signIn(name, password: "alice-demo").status == 429) }
        }
        // By their mail address, too: the person waits, and another name of theirs does not show that there is one.
        try await Self.with(names: 3, byMail: true) { harness in
            for _ in 0..<3 { #expect(try await harness.signIn("alice", password: "wrong").status == 401) }
            let mail = try await harness.signIn("alice@example.org", password: "alice-demo")
            let nobody = try await harness.signIn("zoe@example.org", password: "alice-demo")
            #expect(mail.status == 401 && mail.body == Self.wrong && nobody.body == mail.body)
            // And it waits after as many.
            for name in ["alice@example.org", "zoe@example.org"] {
                let statuses = try await [
                    harness.signIn(name, password: "wrong").status, harness.signIn(name, password: "wrong").status,
                    harness.signIn(name, password: "wrong").status,
                ]
                #expect(statuses == (name.hasPrefix("alice") ? [401, 401, 401] : [401, 401, 429]), "\(name)")
            }
        }
    }

    /// T27: letters that are the same but for their form (NFKC) name the same person for the directory: one account, one counter.
    @Test func t27OneAccountAndOneCounterInEveryForm() async throws {
        let forms = ["ａｌｉｃｅ", "ＡＬＩＣＥ", "ⓐⓛⓘⓒⓔ"]
        try await Self.with(names: 3) { (harness: GatewayHarness) async throws -> Void in
            let alice = try await harness.signIn("alice").body.decode(SignInReply.self)
            func accounts() async throws -> Int? {
                try await harness.pool.query("SELECT count(*)::int AS count FROM gateway.users").first?.int("count")
            }
            let before = try await accounts()
            for name in forms {
                let same = try await harness.signIn(name, password: "alice-demo")
                #expect(same.status == 200 && same.body["user"]?["id"]?.string == alice.user.id, "\(name): \(same)")
            }
            #expect(try await accounts() == before)
            for name in forms { #expect(try await harness.signIn(name, password: "wrong").status == 401, "\(name)") }
            // Three wrong ones of one person: no form of the name lets them in.
            for name in forms + ["alice"] {
                let answer = try await harness.signIn(name, password: "alice-demo")
                #expect(answer.status == 401 || answer.status == 429, "\(name): \(answer)")
            }
            let rows = try await harness.pool.query("SELECT failures FROM gateway.sign_in_failures WHERE key LIKE 'user:%'")
            #expect(try rows.map { try $0.int("failures") } == [3])
        }
    }

    /// Of a hundred guesses at the same moment as many are looked at as when they come one after the other; a right one among the others
    /// does not show.
    @Test func t22ManyAtOnce() async throws {
        try await Self.with(names: 5) { harness in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 { group.addTask { try await harness.signIn("alice", password: "wrong").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 401 } == 5 && statuses.count { $0 == 429 } == 95)
            #expect(try await harness.signIn("alice").status == 429)
        }
    }

    @Test func aRightPasswordForgives() async throws {
        try await Self.with(names: 3) { harness in
            for _ in 0..<4 {
                for _ in 0..<2 { #expect(try await harness.signIn("alice", password: "wrong").status == 401) }
                #expect(try await harness.signIn("alice").status == 200)
            }
            let rows = try await harness.pool.query("SELECT key FROM gateway.sign_in_failures WHERE key NOT LIKE 'address:%'")
            #expect(rows.isEmpty)
        }
    }

    /// After the wait one may try again; wrong once more, the wait is twice as long.
    @Test func theWaitEndsAndGrows() async throws {
        try await GatewayHarness.with(
            configure: {
                $0.signIn.names = LockRule(freeFailures: 2, firstSeconds: 100, longestSeconds: 1000, forgetSeconds: 3600)
            }
        ) { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            for _ in 0..<2 { _ = try await harness.signIn("alice", password: "wrong") }
            #expect(try await harness.signIn("alice").status == 429)
            try await harness.pool.execute("UPDATE gateway.sign_in_failures SET locked_until = clock_timestamp()")
            #expect(try await harness.signIn("alice", password: "wrong").status == 401)
            let again = try await harness.signIn("alice")
            #expect(again.status == 429 && again.headers[.retryAfter].flatMap(Int.init).map { (180...200).contains($0) } == true)
            // Long ago is forgotten.
            try await harness.pool.execute(
                """
                UPDATE gateway.sign_in_failures SET locked_until = clock_timestamp(), failed_at = failed_at - interval '2 hours'
                """)
            #expect(try await harness.signIn("alice", password: "wrong").status == 401)
            #expect(try await harness.signIn("alice").status == 200)
        }
    }

    /// An address that tries many names waits; others do not.
    @Test func addressesWaitToo() async throws {
        try await GatewayHarness.with(
            configure: {
                $0.signIn.addresses = Self.rule(10)
                $0.trustedProxies = [.init("127.0.0.0/8")].compactMap { $0 }
            }
        ) { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            func signIn(_ name: String, _ password: String, from address: String) async throws -> Int {
                let field = try #require(HTTPField.Name("X-Forwarded-For"))
                return try await harness.call(
                    .post, "/auth/login", body: ["username": .string(name), "password": .string(password)],
                    headers: [field: address]
                ).status
            }
            for number in 0..<10 { #expect(try await signIn("user-\(number)", "wrong", from: "192.0.2.1") == 401) }
            #expect(try await signIn("alice", "alice-demo", from: "192.0.2.1") == 429)
            #expect(try await signIn("alice", "alice-demo", from: "192.0.2.2") == 200)
            // All of an IPv6 network is one.
            for number in 0..<10 { #expect(try await signIn("user-\(number)", "wrong", from: "2001:db8:1:2::\(number)") == 401) }
            #expect(try await signIn("alice", "alice-demo", from: "2001:db8:1:2:ffff::1") == 429)
            #expect(try await signIn("alice", "alice-demo", from: "2001:db8:1:3::1") == 200)
        }
    }

    /// However many names and addresses are tried, there are few rows; and nothing that was typed is in them.
    @Test func fewRowsAndNothingTyped() async throws {
        try await Self.with(names: 3) { harness in
            for number in 0..<30 { _ = try await harness.signIn("typed-\(number)", password: "a-secret-\(number)") }
            _ = try await harness.signIn("my-password-in-the-wrong-field", password: "x")
            let rows = try await harness.pool.query("SELECT to_jsonb(f)::text AS row FROM gateway.sign_in_failures f")
            let dump = try rows.map { try $0.string("row") }.joined()
            #expect(!dump.contains("typed") && !dump.contains("secret") && !dump.contains("password"))
            let keys = try await harness.pool.query("SELECT key FROM gateway.sign_in_failures").map { try $0.string("key") }
            #expect(keys.allSatisfy { $0.hasPrefix("user:") || $0.split(separator: ":").last?.utf8.count == 4 })
            try await harness.pool.execute("UPDATE gateway.sign_in_failures SET failed_at = failed_at - interval '2 hours'")
            try await SignInFailureStore.deleteOld(afterSeconds: 3600, harness.pool)
            #expect(try await harness.pool.query("SELECT key FROM gateway.sign_in_failures").isEmpty)
        }
    }

    /// Root sees who waits, and ends it, by name, id, address or for all.
    @Test func rootUnlocks() async throws {
        try await Self.with(names: 2) { harness in
            func lock() async throws -> [SignInLock] {
                for _ in 0..<2 { _ = try await harness.signIn("alice", password: "wrong") }
                #expect(try await harness.signIn("alice").status == 429)
                return try await harness.room.call(.get, "/v1/admin/sign-ins/locks")
            }
            func unlock(_ who: String?) async throws -> Int {
                let reply: SignInUnlockReply = try await harness.room.call(
                    .post, "/v1/admin/sign-ins/unlock", body: SignInUnlockRequest(who: who))
                return reply.unlocked
            }
            let locks = try await lock()
            #expect(Set(locks.map(\.kind)) == ["name", "user"] && locks.allSatisfy { $0.failures == 2 })
            #expect(try await unlock("bob") == 0)
            #expect(try await harness.signIn("alice").status == 429)
            #expect(try await unlock(" ALICE") == 2)
            #expect(try await harness.signIn("alice").status == 200)
            _ = try await lock()
            #expect(try await unlock(nil) >= 2)
            #expect(try await harness.signIn("alice").status == 200)
        }
    }

    /// A directory that is away is nobody's wrong password.
    @Test func silenceCountsForNothing() async throws {
        try await Self.with(names: 2) { harness in
            try await harness.slapd.stop()
            for _ in 0..<3 { #expect(try await harness.signIn("alice", password: "wrong").status == 503) }
            try await harness.slapd.start()
            #expect(try await harness.signIn("alice").status == 200)
        }
    }
}
