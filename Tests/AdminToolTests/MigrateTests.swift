import FoundationEssentials
import Postgres
import TestSupport
import Testing

@Suite struct MigrateTests {
    @Test func onceAndAgain() async throws {
        let fixture = try await AdminFixture()
        let first = try await fixture.run("migrate")
        #expect(first.code == 0, "\(first.error)")
        #expect(first.output == AdminFixture.all.map { "applied \($0)\n" }.joined())
        let again = try await fixture.run("migrate")
        #expect(again.code == 0 && again.output == "the schema is up to date\n" && again.error == "")
    }

    /// What an earlier release left is brought to this one; every table is as if it had been made at once.
    @Test(arguments: [1, 3, AdminFixture.all.count - 1]) func fromHalf(_ count: Int) async throws {
        let half = try AdminFixture.half(count)
        let fixture = try await AdminFixture(migrations: half.path)
        #expect(try await fixture.run("migrate").code == 0)
        try fixture.configure()
        let rest = try await fixture.run("migrate")
        #expect(rest.code == 0, "\(rest.error)")
        #expect(rest.output == AdminFixture.all.dropFirst(count).map { "applied \($0)\n" }.joined())
        let whole = try await AdminFixture()
        _ = try await whole.run("migrate")
        #expect(try await Self.schema(of: fixture.database) == (try await Self.schema(of: whole.database)))
    }

    private static func schema(of database: TestDatabase) async throws -> [String] {
        let connection = try await PostgresConnection.connect(database.configuration())
        let rows = try await connection.query(
            """
            SELECT concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default) AS line
            FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
            """)
        await connection.close()
        return try rows.map { try $0.string("line") }
    }

    @Test func twoAtOnceApplyEachFileOnce() async throws {
        let fixture = try await AdminFixture()
        async let one = fixture.run("migrate")
        async let other = fixture.run("migrate")
        let (first, second) = try await (one, other)
        #expect(first.code == 0 && second.code == 0, "\(first.error)\(second.error)")
        let applied = (first.output + second.output).split(separator: "\n").filter { $0.hasPrefix("applied ") }
        #expect(applied.sorted() == AdminFixture.all.map { "applied \($0)" })
    }

    @Test func aDatabaseOfANewerReleaseIsLeftAlone() async throws {
        let fixture = try await AdminFixture()
        _ = try await fixture.run("migrate")
        let half = try AdminFixture.half(2)
        try fixture.configure(migrations: half.path)
        let refused = try await fixture.run("migrate")
        #expect(refused.code == 1)
        #expect(refused.error.contains("MIG-004") && refused.error.contains("use the newer program"), "\(refused.error)")
    }

    @Test func aFileThatFailsIsNamedAndNothingOfItKept() async throws {
        let half = try AdminFixture.half(2)
        try half.write("CREATE TABEL x ();", to: "0003_broken.sql")
        let fixture = try await AdminFixture(migrations: half.path)
        let refused = try await fixture.run("migrate")
        #expect(refused.code == 1 && refused.error.contains("MIG-005") && refused.error.contains("0003_broken.sql"))
        try fixture.configure()
        #expect(try await fixture.run("migrate").output.hasPrefix("applied \(AdminFixture.all[2])\n"))
    }

    /// The words are the operator's, and the password in the connection string is nobody's.
    @Test func theDatabaseIsAway() async throws {
        let fixture = try await AdminFixture()
        for dsn in [
            "host=/nowhere/at/all dbname=martlet user=postgres password=canary-8251",
            "postgresql://postgres:canary-8251@127.0.0.1:1/martlet", "host=127.0.0.1 port=1 password=canary-8251",
            "hots=127.0.0.1 password=canary-8251",
        ] {
            try fixture.configure(database: dsn)
            for words in ["migrate", "bootstrap"] {
                let run = try await fixture.run(words)
                #expect(run.code == 1 && run.error.hasPrefix("error: MIG-007: "), "\(run.error)")
                #expect(!(run.output + run.error).contains("canary-8251"), "\(run.error)")
            }
        }
    }
}
