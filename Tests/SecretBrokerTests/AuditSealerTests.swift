import AuditRules
import AuditSealing
import Cryptography
import Glibc
import Logging
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import SecretBroker

/// The sealer over a real database, and what the verifier says of it after somebody with every right was there (T42).
@Suite struct AuditSealerTests {
    private struct Fixture: Sendable {
        let database: TestDatabase
        let pool: PostgresPool
        let folder: TemporaryFolder
        let key: AuditKey

        func sealer(_ file: String = "heads.jsonl", batch: Int = 500, days: Int = 400) -> AuditSealer {
            var limits = AuditSealer.Limits()
            (limits.batch, limits.days, limits.keepsEvery) = (batch, days, .zero)
            return AuditSealer(
                database: pool, key: key, retired: [], file: HeadFile(path: folder.file(file)), limits: limits, logger: quiet)
        }

        func append(_ count: Int, org: String? = "acme") async throws {
            for number in 0..<count {
                try await pool.audit(
                    AuditEntry(
                        orgID: org, actor: "user:ann", action: "test", status: 200, object: "\(number)", details: ["n": 1.5]))
            }
        }

        /// As root would: without row level security and with every right.
        func tamper(_ statements: SQL...) async throws {
            let connection = try await PostgresConnection.connect(database.configuration())
            for statement in statements { try await connection.execute(statement) }
            await connection.close()
        }

        /// - Returns: nil: it is whole.
        func finding(heads: [AuditMark] = [], keys: [AuditKey]? = nil) async throws -> AuditFinding? {
            do {
                _ = try await AuditCheck(keys: keys ?? [key], heads: heads).run(database.configuration())
                return nil
            } catch let problem as AuditProblem { return problem.finding }
        }

        func report() async throws -> AuditCheck.Report { try await AuditCheck(keys: [key]).run(database.configuration()) }
        func head() async throws -> AuditMark { try #require(try await AuditChainStore.end(pool).head) }
    }

    private func with(_ body: @Sendable @escaping (Fixture) async throws -> Void) async throws {
        let database = try await PrivatePostgres.database(), folder = try TemporaryFolder("audit")
        let key = try AuditKey(rootKey: BrokerFixture.key(1))
        try await PostgresPool.with(database.configuration(role: "martlet_broker"), logger: quiet) { pool in
            try await body(Fixture(database: database, pool: pool, folder: folder, key: key))
        }
    }

    @Test func everythingIsSealedInOrder() async throws {
        try await with { fixture in
            let sealer = fixture.sealer(batch: 7)
            #expect(try await sealer.seal() == 0)
            try await fixture.append(10)
            try await fixture.append(10, org: nil)
            for count in [7, 7, 6, 0] { #expect(try await sealer.seal() == count) }
            let report = try await fixture.report()
            #expect(report.entries == 20 && report.unsealed == 0 && report.dropped == 0)
            #expect(try await fixture.head().number == 20)
            try await fixture.append(1)
            #expect(try await fixture.report().unsealed == 1)
        }
    }

    /// Writers of several organisations, and two sealers: one chain without a gap.
    @Test func manyWritersAndTwoSealers() async throws {
        try await with { fixture in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for org in ["acme", "globex", "initech", "umbrella"] {
                    group.addTask { try await fixture.append(50, org: org) }
                }
                for _ in 0..<2 {
                    group.addTask {
                        let sealer = fixture.sealer(batch: 13)
                        try await eventually {
                            let isIdle = try await sealer.seal() == 0, entries = try await fixture.report().entries
                            return isIdle && entries == 200
                        }
                    }
                }
                try await group.waitForAll()
            }
            let report = try await fixture.report()
            #expect(report.entries == 200 && report.unsealed == 0)
        }
    }

    @Test(
        "Whoever has every right on the database is found out, at the first entry",
        arguments: [
            ("UPDATE audit.entries SET actor = 'user:bob' WHERE number = 4", "entry 4, of"),
            ("UPDATE audit.entries SET details = '{\"n\":1.50}' WHERE number = 4", "entry 4, of"),
            ("UPDATE audit.entries SET org_id = NULL WHERE number = 9", "entry 9, of"),
            ("UPDATE audit.entries SET at = at + interval '1 ms' WHERE number = 1", "entry 1, of"),
            ("UPDATE audit.entries SET hash = sha256('x') WHERE number = 12", "entry 12, of"),
            ("DELETE FROM audit.entries WHERE number = 5", "entry 5 is missing"),
            ("DELETE FROM audit.entries WHERE number BETWEEN 1 AND 3", "entries 1 to 3 are missing"),
            ("DELETE FROM audit.entries WHERE number > 9", "entries 10 to 12 are missing"),
            ("TRUNCATE audit.entries", "entries 1 to 12 are missing"),
            ("UPDATE audit.entries SET number = NULL, hash = NULL WHERE number = 12", "entry 12 is missing"),
            (
                "UPDATE audit.entries e SET object = o.object FROM audit.entries o WHERE (e.number, o.number) IN ((3, 4), (4, 3))",
                "entry 3, of"
            ),
            (
                "INSERT INTO audit.entries (room, actor, action, outcome, details, number, hash) VALUES ('x', 'x', 'x', 'done', '{}', 13, sha256('x'))",
                "entry 13, of"
            ),
            ("DELETE FROM audit.marks", "the signed end of the chain is gone"),
            ("UPDATE audit.marks SET number = 11", "the signature of the chain's end at entry 11 is not"),
            (
                "INSERT INTO audit.marks SELECT 'start', number, hash, at, key, signature FROM audit.marks WHERE kind = 'head'",
                "the signature of the chain's beginning at entry 12 is not"
            ),
        ]) func tampering(_ statement: String, _ words: String) async throws
    {
        try await with { fixture in
            try await fixture.append(12)
            #expect(try await fixture.sealer().seal() == 12)
            #expect(try await fixture.finding() == nil)
            try await fixture.tamper(SQL(stringLiteral: statement))
            let finding = try await fixture.finding()
            #expect(finding?.description.hasPrefix(words) == true, "\(statement) -> \(finding?.description ?? "whole")")
        }
    }

    /// What nothing in the database can tell: its end, and the signed end with it, are those of before.
    @Test func aCutEndIsFoundByTheHeadOutside() async throws {
        try await with { fixture in
            let sealer = fixture.sealer()
            try await fixture.append(5)
            try await sealer.seal()
            try await fixture.tamper("CREATE TABLE public.old AS SELECT * FROM audit.marks")
            let early = try await fixture.head()
            try await fixture.append(5)
            try await sealer.seal()
            let late = try await fixture.head()
            sealer.keep(late)
            try await fixture.tamper(
                "DELETE FROM audit.entries WHERE number > 5", "DELETE FROM audit.marks",
                "INSERT INTO audit.marks SELECT * FROM public.old")
            #expect(try await fixture.finding() == nil)
            let kept = try #require(HeadFile(path: fixture.folder.file("heads.jsonl")).last())
            #expect(kept == late)
            #expect(try await fixture.finding(heads: [early, kept]) == .missing(first: 6, last: 10))
            // And it stays found when the sealer goes on from there.
            try await fixture.append(7)
            try await sealer.seal()
            #expect(try await fixture.finding() == nil)
            #expect(try await fixture.finding(heads: [early, kept]) == .rewritten(number: 10, signedAt: late.at))
        }
    }

    /// The real program, killed before and after it wrote the seal: what it left is whole, and it goes on from there.
    @Test(arguments: ["broker.beforeSeal", "broker.afterSeal"]) func aSealerThatDiesLosesNothing(_ point: String) async throws {
        try await with { fixture in
            try fixture.folder.write("012345678901234567890123456789\u{1}\u{2}", to: "root-key")
            chmod(fixture.folder.file("root-key"), 0o400)
            let file = try fixture.folder.write(
                """
                socket: \(fixture.folder.file("broker.sock"))
                database: \(fixture.database.dsn(role: "martlet_broker"))
                root_key_file: \(fixture.folder.file("root-key"))
                audit_heads_file: \(fixture.folder.file("heads.jsonl"))
                audit_head_seconds: 1
                """, to: "broker.yaml")
            let key = try AuditKey(rootKey: SecretFile.read(fixture.folder.file("root-key"), trimNewline: false))
            func program(_ environment: [String: String]) throws -> ProgramProcess {
                try ProgramProcess(
                    "martlet-broker", arguments: ["--config", file], environment: environment, log: fixture.folder.file("log"))
            }
            try await fixture.append(30)
            let first = try program(["MARTLET_FAULT": "\(point)=crash"])
            #expect(try await first.exit() == 128 + SIGKILL)
            let left = try await AuditCheck(keys: [key]).run(fixture.database.configuration())
            #expect(left.entries == (point == "broker.beforeSeal" ? 0 : 30))
            try await fixture.append(5)
            let second = try program([:])
            try await eventually("the rest is sealed, and its end kept") {
                HeadFile(path: fixture.folder.file("heads.jsonl")).last()?.number == 35
            }
            let heads = try #require(HeadFile(path: fixture.folder.file("heads.jsonl")).last())
            let whole = try await AuditCheck(keys: [key], heads: [heads]).run(fixture.database.configuration())
            #expect(whole.entries == 35 && whole.unsealed == 0)
            second.kill(SIGTERM)
            #expect(try await second.exit() == 0)
        }
    }

    /// Its newest part, from a signed end on: what is before it is another look's.
    @Test func theNewestPartIsCheckedFromASignedEnd() async throws {
        try await with { fixture in
            let sealer = fixture.sealer()
            var heads: [AuditMark] = []
            for _ in 0..<3 {
                try await fixture.append(5)
                try await sealer.seal()
                heads.append(try await fixture.head())
            }
            func check(_ newest: Int64?, _ heads: [AuditMark]) async throws -> AuditCheck.Report {
                try await AuditCheck(keys: [fixture.key], heads: heads, newest: newest).run(fixture.database.configuration())
            }
            for (newest, entries, ends) in [(1, 5, 2), (5, 5, 2), (6, 10, 3), (10, 10, 3), (11, 15, 3), (1000, 15, 3)] {
                let report = try await check(Int64(newest), heads)
                #expect(
                    report.entries == entries && report.passedOver == 15 - Int64(entries) && report.heads == ends, "\(newest)")
            }
            // No end from outside: all of it.
            #expect(try await check(1, []).entries == 15)
            try await fixture.tamper("UPDATE audit.entries SET actor = 'user:bob' WHERE number = 10")
            #expect(try await check(5, heads).entries == 5)
            await #expect(throws: AuditProblem.self) { try await check(6, heads) }
            await #expect(throws: AuditProblem.self) { try await check(nil, heads) }
            // In the part: its first entry, its last one, and an end that is not ours.
            try await fixture.tamper("UPDATE audit.entries SET actor = 'user:bob' WHERE number = 11")
            await #expect(throws: AuditProblem.self) { try await check(5, heads) }
            try await fixture.tamper("UPDATE audit.entries SET actor = 'user:ann' WHERE number = 11")
            #expect(try await check(5, heads).entries == 5)
            try await fixture.tamper("DELETE FROM audit.entries WHERE number = 15")
            await #expect(throws: AuditProblem.self) { try await check(5, heads) }
            var forged = heads[0]
            forged.number = 9
            await #expect(throws: AuditProblem.self) { try await check(5, [forged]) }
        }
    }

    @Test func onlyTheKeyOfTheBrokerCounts() async throws {
        try await with { fixture in
            try await fixture.append(3)
            try await fixture.sealer().seal()
            let other = try AuditKey(rootKey: BrokerFixture.key(2))
            #expect(try await fixture.finding(keys: [other]) == .forged(.head, number: 3))
            #expect(try await fixture.finding(keys: [other, fixture.key]) == nil)
            // A chain that was made anew and signed with another key: nothing of ours is put behind it.
            try await fixture.append(1)
            let stranger = AuditSealer(
                database: fixture.pool, key: other, retired: [], file: HeadFile(path: fixture.folder.file("o")), logger: quiet)
            await #expect(throws: (any Error).self) { try await stranger.seal() }
            #expect(try await fixture.report().entries == 3)
        }
    }

    @Test func oldEntriesGoFromTheBeginning() async throws {
        try await with { fixture in
            try await fixture.append(6)
            try await fixture.tamper("UPDATE audit.entries SET at = at - interval '10 days' WHERE object IN ('0', '1', '2', '4')")
            let sealer = fixture.sealer(days: 5)
            try await sealer.seal()
            try await sealer.dropOld()
            // The four oldest come first in the chain; all of them are old.
            let report = try await fixture.report()
            #expect(report.dropped == 4 && report.entries == 2)
            try await fixture.append(2)
            try await sealer.seal()
            #expect(try await fixture.finding() == nil)
            try await fixture.tamper("DELETE FROM audit.entries WHERE number = 5")
            #expect(try await fixture.finding() == .missing(first: 5, last: 5))
        }
    }

    @Test func theNewestIsNeverDropped() async throws {
        try await with { fixture in
            try await fixture.append(3)
            try await fixture.tamper("UPDATE audit.entries SET at = at - interval '10 days'")
            let sealer = fixture.sealer(days: 5)
            try await sealer.seal()
            try await sealer.dropOld()
            #expect(try await fixture.report().entries == 3)
            #expect(try await fixture.finding() == nil)
        }
    }

    @Test func theFileOfHeadsSurvivesWhatIsHalfWritten() async throws {
        try await with { fixture in
            let file = HeadFile(path: fixture.folder.file("h"))
            #expect(file.last() == nil)
            try await fixture.append(1)
            try await fixture.sealer().seal()
            let head = try await fixture.head()
            try file.append(head)
            try file.append(head)
            let descriptor = open(file.path, O_WRONLY | O_APPEND)
            _ = write(descriptor, "{\"at\":\"20", 9)
            close(descriptor)
            #expect(file.last() == head)
            #expect(throws: HeadFile.Failure.self) { try HeadFile(path: "/nowhere/at/all").append(head) }
        }
    }
}
