import AuditRules
import Glibc
import PlatformModel
import Postgres
import TestSupport
import Testing

/// The audit log, and the entries that go with the transactions of a request.
@Suite struct AuditTests {
    private struct Refused: Error {}

    private let entry = AuditEntry(
        orgID: "acme", actor: "user:ann", tokenID: "t1", action: "createThing", method: "POST", path: "/orgs/acme/things",
        status: 201,
        requestID: "r1", details: ["role": "owner"])

    private func entries(_ database: TestDatabase) async throws -> [String] {
        let connection = try await PostgresConnection.connect(database.configuration())
        let rows = try await connection.query(
            """
            SELECT concat_ws(' ', room, org_id, actor, action, outcome, status, details::text) AS text FROM audit.entries ORDER BY at, id
            """)
        await connection.close()
        return try rows.map { try $0.string("text") }
    }

    private func sqlstate(_ body: () async throws -> Void) async -> String? {
        do { try await body() } catch let error as PostgresError { return error.sqlstate ?? "\(error)" } catch {
            return "\(error)"
        }
        return nil
    }

    private func audited<Result: Sendable>(
        _ pool: PostgresPool, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await pool.audited(entry, refusal: { $0 is Refused ? (403, "forbidden") : (500, "internal") }, body)
    }

    /// The SQLSTATE that it fails with.
    private func insert(_ id: String, _ pool: PostgresPool, words: String = "") async -> String? {
        await sqlstate {
            try await audited(pool) { () async throws -> Void in
                if !words.isEmpty { AuditTrail.note { $0.details["words"] = .string(words) } }
                _ = try await pool.withOrg("acme") { transaction async throws in
                    try await transaction.execute("INSERT INTO broker.things VALUES ('acme', \(id))")
                }
            }
        }
    }

    private let done = #"martlet_broker acme user:ann createThing done 201 {"role": "owner"}"#

    @Test func anEffectAndItsEntryAreKeptTogether() async throws {
        try await withPool { pool, database async throws in
            try await audited(pool) {
                // What only reads, and what writes nothing, takes nothing along.
                _ = try await pool.withOrg("acme") { try await $0.query("SELECT id FROM broker.things") }
                try await pool.execute("DELETE FROM broker.things WHERE id = 'none'", org: "acme")
                #expect(try await entries(database).isEmpty)
                try await pool.withOrg("acme") { try await $0.execute("INSERT INTO broker.things VALUES ('acme', 'a')") }
                #expect(try await entries(database) == [done])
                try await pool.withOrg("acme") { try await $0.execute("INSERT INTO broker.things VALUES ('acme', 'b')") }
            }
            #expect(try await entries(database) == [done])
        }
    }

    /// What came first stands with its entry; what came of the request is said by a second one.
    @Test func whatWasDoneInPartIsToldSo() async throws {
        try await withPool { pool, database async throws in
            await #expect(throws: Refused.self) {
                try await audited(pool) { () async throws -> Void in
                    try await pool.withOrg("acme") { try await $0.execute("INSERT INTO broker.things VALUES ('acme', 'a')") }
                    throw Refused()
                }
            }
            let refused =
                #"martlet_broker acme user:ann createThing refused 403 {"code": "forbidden", "role": "owner", "partly_done": true}"#
            #expect(try await entries(database) == [done, refused])
            // Where nothing was done there is nothing to add.
            await #expect(throws: Refused.self) { try await audited(pool) { () async throws -> Void in throw Refused() } }
            #expect(try await entries(database).last == refused.replacing(#", "partly_done": true"#, with: ""))
        }
    }

    @Test func aStatementByItselfTakesItsEntryAlong() async throws {
        try await withPool { pool, database async throws in
            try await audited(pool) {
                try await pool.execute("INSERT INTO broker.things VALUES ('acme', 'a')", org: "acme")
                #expect(try await entries(database) == [done])
            }
        }
    }

    @Test func aStatementByItselfThatFailsLeavesNothing() async throws {
        try await withPool { pool, database async throws in
            try await audited(pool) {
                await #expect(throws: PostgresError.self) {
                    try await pool.execute("INSERT INTO broker.things VALUES ('acme', NULL)", org: "acme")
                }
                #expect(try await entries(database).isEmpty)
                // The connection that it had is as good as before, and what comes next takes the entry.
                let rows = try await pool.pipeline(
                    [
                        "INSERT INTO broker.things VALUES ('acme', 'a') RETURNING id",
                        "SELECT count(*)::int AS count FROM broker.things",
                    ],
                    org: "acme")
                #expect(try rows[0].first?.string("id") == "a" && rows[1].first?.int("count") == 1)
                #expect(try await entries(database) == [done])
            }
            #expect(try await entries(database) == [done])
        }
    }

    @Test func whatIsRolledBackLeavesTheRefusal() async throws {
        try await withPool { pool, database async throws in
            await #expect(throws: Refused.self) {
                try await audited(pool) {
                    try await pool.withOrg("acme") { transaction async throws in
                        try await transaction.execute("INSERT INTO broker.things VALUES ('acme', 'a')")
                        throw Refused()
                    }
                }
            }
            #expect(
                try await entries(database) == [
                    #"martlet_broker acme user:ann createThing refused 403 {"code": "forbidden", "role": "owner"}"#
                ])
        }
    }

    @Test func whatChangesNothingIsOnRecordToo() async throws {
        try await withPool { pool, database async throws in
            try await audited(pool) {
                AuditTrail.note {
                    $0.object = "x\0y"; $0.details = [:]
                }
            }
            #expect(try await entries(database) == ["martlet_broker acme user:ann createThing done 201 {}"])
        }
    }

    /// Nothing is written without its record, nobody waits for long, and it goes on by itself (T41).
    @Test func whereNoEntryCanBeWrittenNothingIs() async throws {
        try await withPool { pool, database async throws in
            // Every connection is there when the time is taken.
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask { _ = try await pool.withOrg("acme") { try await $0.query("SELECT pg_sleep(0.2)") } }
                }
            }
            let blocker = try await PostgresConnection.connect(database.configuration())
            try await blocker.execute("BEGIN")
            try await blocker.execute("LOCK TABLE audit.entries IN ACCESS EXCLUSIVE MODE")
            let start = ContinuousClock.now
            let answers = await withTaskGroup(of: String?.self) { group in
                for number in 0..<40 { group.addTask { await insert("\(number)", pool) } }
                return await group.reduce(into: [String?]()) { $0.append($1) }
            }
            #expect(answers.count == 40 && answers.allSatisfy { $0 == "55P03" })
            // The two seconds are measured where nothing else runs: System/AuditTests.
            #expect(ContinuousClock.now - start < .seconds(20))
            // Whoever comes while it is known to be blocked does not try.
            var gate: PostgresError?
            do { try await pool.audit(entry) } catch let error as PostgresError { gate = error }
            if gate?.message != "the audit log takes no entries" {
                do { try await pool.audit(entry) } catch let error as PostgresError { gate = error }
            }
            #expect(gate?.sqlstate == "55P03" && gate?.message == "the audit log takes no entries")
            // Reads do not wait for it.
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").isEmpty)
            try await blocker.execute("ROLLBACK")
            await blocker.close()
            try await eventually {
                await insert("a", pool) == nil
            }
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").count == 1)
            #expect(try await entries(database) == [done])
        }
    }

    /// A disk of its own for the log, which fills up, and then has room again (T41).
    @Test func aFullDiskIsTold() async throws {
        let folder = try TemporaryFolder("full"), disk = folder.file("disk")
        chmod(folder.path, 0o755)
        try await Self.run(["install", "-d", "-o", "postgres", "-m", "0700", disk])
        try await Self.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700,uid=postgres", "tmpfs", disk])
        let space = "full_" + String(folder.path.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) })
        try await withPool { pool, database async throws in
            let administrator = try await PostgresConnection.connect(database.configuration())
            try await administrator.execute("CREATE TABLESPACE \(identifier: space) LOCATION \(literal: disk)")
            try await administrator.execute("ALTER TABLE audit.entries SET TABLESPACE \(identifier: space)")
            var written = 0, refusal: String?
            while refusal == nil, written < 2000 {
                refusal = await insert("\(written)", pool, words: Self.noise(written))
                if refusal == nil { written += 1 }
            }
            #expect(refusal == "53100" && written > 0)
            #expect(PostgresError(.server(sqlstate: "53100"), "").isAway)
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").count == written)
            try await Self.run(["mount", "-o", "remount,size=16m", disk])
            try await eventually("there is room again") { await insert("late", pool) == nil }
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").count == written + 1)
            try await administrator.execute("ALTER TABLE audit.entries SET TABLESPACE pg_default")
            try await administrator.execute("DROP TABLESPACE \(identifier: space)")
            await administrator.close()
        }
        try await Self.run(["umount", disk])
    }

    /// Nothing that could be compressed.
    private static func noise(_ seed: Int) -> String { (0..<47).map { SHA256.hex("\(seed) \($0)") }.joined() }

    private static func run(_ words: [String]) async throws {
        let run = try await CommandRun(words)
        #expect(run.code == 0, "\(words): \(run.error)")
    }

    @Test func roomsAppendAndDoNothingElse() async throws {
        for role in ["gateway", "orchestrator", "runner", "broker", "logs"].map({ "martlet_" + $0 }) {
            try await withPool(role: role) { pool, database async throws in
                try await pool.audit(entry)
                try await pool.audit(AuditEntry(actor: "nobody", action: "signIn", outcome: .refused, status: 401))
                #expect(
                    try await entries(database) == [
                        #"\#(role) acme user:ann createThing done 201 {"role": "owner"}"#, "\(role) nobody signIn refused 401 {}",
                    ])
                for statement: SQL in [
                    "DELETE FROM audit.entries", "UPDATE audit.entries SET actor = 'x'", "TRUNCATE audit.entries",
                    "INSERT INTO audit.entries (room, actor, action, outcome, details) VALUES ('x', 'x', 'x', 'done', '{}')",
                    "DELETE FROM audit.marks", "UPDATE audit.marks SET number = 1",
                ] {
                    #expect(await sqlstate { try await pool.execute(statement, org: "acme") } == "42501")
                }
                let read = await sqlstate { _ = try await pool.query("SELECT id FROM audit.entries") }
                #expect(read == (["martlet_gateway", "martlet_broker"].contains(role) ? nil : "42501"))
                let seal = await sqlstate {
                    _ = try await pool.query("SELECT audit.seal(0, '{}', '{}', clock_timestamp(), '', '')")
                }
                #expect(seal == (role == "martlet_broker" ? "P0001" : "42501"))
            }
        }
    }

    @Test func anOrganizationSeesItsOwn() async throws {
        try await withPool(role: "martlet_gateway") { pool, _ async throws in
            try await pool.audit(entry)
            try await pool.audit(AuditEntry(actor: "nobody", action: "signIn", outcome: .refused))
            #expect(try await pool.query("SELECT id FROM audit.entries").isEmpty)
            #expect(try await pool.query("SELECT id FROM audit.entries", org: "evil").isEmpty)
            #expect(try await pool.query("SELECT id FROM audit.entries", org: "acme").count == 1)
        }
    }
}
