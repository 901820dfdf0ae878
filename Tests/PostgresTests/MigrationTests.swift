import TestSupport
import Testing

@testable import Postgres

@Suite struct MigrationPlanTests {
    private func files(_ names: String...) -> [(file: MigrationFile, checksum: String)] {
        names.enumerated().map { (MigrationFile(number: $0 + 1, name: $1, text: ""), "sum-\($1)") }
    }

    private func applied(_ number: Int, _ name: String, _ checksum: String? = nil) -> MigrationPlan.Applied {
        .init(number: number, name: name, checksum: checksum ?? "sum-\(name)")
    }

    @Test func onlyWhatIsNew() throws {
        let pending = try MigrationPlan.pending(files: files("a", "b", "c"), applied: [applied(1, "a"), applied(2, "b")])
        #expect(pending.map(\.file.fileName) == ["0003_c.sql"])
    }

    @Test func refusals() {
        func kind(_ files: [(file: MigrationFile, checksum: String)], _ applied: [MigrationPlan.Applied]) -> MigrationError.Kind?
        {
            do throws(MigrationError) { _ = try MigrationPlan.pending(files: files, applied: applied) } catch {
                return error.kind
            }
            return nil
        }
        #expect(kind([(MigrationFile(number: 2, name: "b", text: ""), "")], []) == .gap)
        #expect(kind(files("a", "b"), [applied(2, "b")]) == .gap)
        #expect(kind(files("a", "b"), [applied(1, "a", "other")]) == .changed)
        #expect(kind(files("a", "b"), [applied(1, "renamed", "sum-a")]) == .changed)
        #expect(kind(files("a"), [applied(1, "a"), applied(2, "b")]) == .newer)
        #expect(kind(files("a"), []) == nil)
        // A corrected file stands for its earlier texts, and for no others.
        let corrected = MigrationFile(
            number: 1, name: "a",
            text: "-- martlet: as administrator\n-- martlet: instead of old\nSELECT '-- martlet: instead of x'")
        #expect(kind([(corrected, "new")], [applied(1, "a", "old")]) == nil)
        #expect(kind([(corrected, "new")], [applied(1, "a", "new")]) == nil)
        #expect(kind([(corrected, "new")], [applied(1, "a", "x")]) == .changed)
        #expect(kind([(corrected, "new")], [applied(1, "b", "old")]) == .changed)
        #expect(corrected.runsAsAdministrator && corrected.earlierChecksums == ["old"])
    }

    @Test(arguments: [
        ("0001_foundation.sql", 1), ("0420_a_b2.sql", 420), ("1_a.sql", nil), ("0001-a.sql", nil), ("0001_A.sql", nil),
        ("0000_a.sql", nil),
        ("0001_.sql", nil), ("0001_a.txt", nil),
    ])
    func fileNames(name: String, number: Int?) { #expect(MigrationFile.parse(fileName: name)?.number == number) }

    /// The code and the folder are released together.
    @Test func theRequiredVersionIsTheNewestFile() throws {
        let files = try MigrationFile.all(in: PrivatePostgres.migrations)
        #expect(files.map(\.number) == Array(1...files.count))
        #expect(SchemaVersion.required == files.count)
    }
}

@Suite struct MigratorTests {
    private let foundation =
        "-- martlet: as administrator\nCREATE SCHEMA app; "
        + "DO $$ BEGIN CREATE ROLE martlet_owner NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT ALL ON SCHEMA app TO martlet_owner"

    private func migrator(_ database: TestDatabase, _ folder: TemporaryFolder) -> Migrator {
        Migrator(database.configuration(), folder: folder.path, logger: quiet)
    }

    private func refusal(_ migrator: Migrator) async -> MigrationError? {
        do throws(MigrationError) { _ = try await migrator.migrate() } catch { return error }
        return nil
    }

    @Test func appliesInOrderOnceAndAsTheOwner() async throws {
        let database = try await PrivatePostgres.emptyDatabase()
        let folder = try TemporaryFolder()
        try folder.write(foundation, to: "0001_foundation.sql")
        try folder.write("CREATE TABLE app.t (n int); INSERT INTO app.t VALUES (1); -- no end of line", to: "0002_table.sql")
        try folder.write("not a migration", to: "README.md")
        #expect(try await migrator(database, folder).migrate() == ["0001_foundation.sql", "0002_table.sql"])
        #expect(try await migrator(database, folder).migrate() == [])
        try folder.write("-- nothing but a comment\n", to: "0003_note.sql")
        #expect(try await migrator(database, folder).migrate() == ["0003_note.sql"])
        let connection = try await PostgresConnection.connect(database.configuration())
        #expect(try await connection.query("SELECT n FROM app.t").count == 1)
        let owner = try await connection.query("SELECT tableowner FROM pg_tables WHERE tablename = 't'")
        #expect(try owner[0].string("tableowner") == "martlet_owner")
        await connection.close()
    }

    @Test func aFailingFileLeavesNothingAndNamesItsLine() async throws {
        let database = try await PrivatePostgres.emptyDatabase()
        let folder = try TemporaryFolder()
        try folder.write(foundation, to: "0001_foundation.sql")
        try folder.write("CREATE TABLE app.t (n int);\n\nCREATE TABEL app.u (n int);\n", to: "0002_broken.sql")
        let error = try #require(await refusal(migrator(database, folder)))
        #expect(error.kind == .failed)
        #expect(error.description.contains("0002_broken.sql"))
        #expect(error.description.contains("line 3"))
        let connection = try await PostgresConnection.connect(database.configuration())
        #expect(try await connection.query("SELECT FROM pg_tables WHERE tablename = 't'").isEmpty)
        #expect(try await connection.query("SELECT number FROM martlet.migrations").count == 1)
        await connection.close()
        try folder.write("CREATE TABLE app.t (n int);", to: "0002_broken.sql")
        #expect(try await migrator(database, folder).migrate() == ["0002_broken.sql"])
    }

    @Test func aFileThatEndsItsTransactionIsRefused() async throws {
        let database = try await PrivatePostgres.emptyDatabase()
        let folder = try TemporaryFolder()
        try folder.write(foundation + "; COMMIT", to: "0001_foundation.sql")
        #expect(await refusal(migrator(database, folder))?.description.contains("COMMIT") == true)
    }

    @Test func aChangedFileANewerDatabaseAndAGapAreRefused() async throws {
        let database = try await PrivatePostgres.emptyDatabase()
        let folder = try TemporaryFolder()
        try folder.write(foundation, to: "0001_foundation.sql")
        _ = try await migrator(database, folder).migrate()
        try folder.write(foundation + " ", to: "0001_foundation.sql")
        #expect(await refusal(migrator(database, folder))?.kind == .changed)
        try folder.write(foundation, to: "0001_foundation.sql")
        try folder.write("SELECT 1", to: "0003_c.sql")
        #expect(await refusal(migrator(database, folder))?.kind == .gap)
        try folder.write("SELECT 1", to: "0002_b.sql")
        _ = try await migrator(database, folder).migrate()
        let older = try TemporaryFolder()
        try older.write(foundation, to: "0001_foundation.sql")
        #expect(await refusal(migrator(database, older))?.kind == .newer)
    }

    @Test func twoMigratorsAtOnceApplyEachFileOnce() async throws {
        let database = try await PrivatePostgres.emptyDatabase()
        let folder = try TemporaryFolder()
        try folder.write(foundation, to: "0001_foundation.sql")
        try folder.write("SELECT pg_sleep(0.2); CREATE TABLE app.t (n int)", to: "0002_table.sql")
        let migrator = migrator(database, folder)
        async let first = migrator.migrate()
        async let second = migrator.migrate()
        let applied = try await first + second
        #expect(applied.sorted() == ["0001_foundation.sql", "0002_table.sql"])
    }

    @Test func servicesCheckTheVersion() async throws {
        try await withPool { pool, database async throws in
            try await pool.checkSchema()
            try await asAdministrator(database, ["DELETE FROM martlet.migrations WHERE number = \(SchemaVersion.required)"])
            let error = await #expect(throws: MigrationError.self) { try await pool.checkSchema() }
            #expect(error?.kind == .tooOld)
            #expect(error?.description.contains("martlet-admin migrate") == true)
            try await asAdministrator(
                database, ["INSERT INTO martlet.migrations VALUES (\(SchemaVersion.required + 1), 'next', '')"])
            try await pool.checkSchema()
        }
        let empty = try await PrivatePostgres.emptyDatabase()
        try await PostgresPool.with(empty.configuration(), logger: quiet) { pool in
            let error = await #expect(throws: MigrationError.self) { try await pool.checkSchema() }
            #expect(error?.kind == .tooOld)
        }
    }
}
