import PlatformModel
import Postgres
import PureDrivers
import TestSupport
import Testing

@testable import Drivers

@Suite struct PostgresDriverTests {
    private func failure(_ body: () async throws(DriverError) -> Void) async -> DriverError? {
        do throws(DriverError) { try await body() } catch { return error }
        return nil
    }

    @Test func aWorkloadCanUseWhatItGets() async throws {
        let resource = PostgresResource(try await SecondPostgres.shared())
        let result = try await resource.provision()
        #expect(result.values["host"] == "127.0.0.1")
        #expect(result.values["port"]?.int == resource.second.port)
        #expect(result.values["name"] == result.values["database"])
        #expect(result.values["username"]?.string == resource.name)
        #expect(result.secrets["password"]?.string == resource.shelf.secrets["password"])
        #expect(result.secrets["password"]?.string?.count == 32)
        let workload = try await resource.signIn(with: result)
        try await workload.execute("CREATE TABLE visits (n int)")
        try await workload.execute("INSERT INTO visits VALUES (\(1))")
        #expect(try await workload.query("SELECT n FROM visits").count == 1)
        await workload.close()
    }

    @Test func workloadsMayReachItByAnotherAddress() async throws {
        var resource = PostgresResource(try await SecondPostgres.shared())
        resource.request.values["outputs_host"] = "db.internal"
        resource.request.values["outputs_port"] = "6432"
        resource.request.values["sslmode"] = "require"
        let result = try await resource.provision()
        #expect(result.values["host"] == "db.internal")
        #expect(result.values["port"] == 6432)
    }

    @Test func aSecondTimeChangesNothing() async throws {
        var resource = PostgresResource(try await SecondPostgres.shared())
        let first = try await resource.provision()
        let before = try await resource.state()
        #expect(before.count == 2)
        resource.request.key = "deploy-2/postgres.default/provision/1"
        #expect(try await resource.provision() == first)
        resource.request.cookie = first.cookie
        resource.request.environment.appID = "renamed"
        #expect(try await resource.provision() == first)
        resource.request.environment.appID = "shop"
        #expect(try await resource.state() == before)
    }

    @Test func twoAtOnceGiveTheSame() async throws {
        let resource = PostgresResource(try await SecondPostgres.shared())
        async let first = resource.provision()
        async let second = resource.provision()
        #expect(try await first == second)
        #expect(try await resource.state().count == 2)
    }

    @Test func nothingIsMadeBeforeThePasswordIsKept() async throws {
        let resource = PostgresResource(try await SecondPostgres.shared())
        let error = await failure { () throws(DriverError) in
            _ = try await PostgresDriver().provision(resource.request, SecretShelf(isOpen: false).context)
        }
        #expect(error?.kind == .transient)
        #expect(try await resource.state().isEmpty)
    }

    @Test func theServerNeverSeesThePassword() async throws {
        let second = try await SecondPostgres.start()
        let superuser = try await second.superuser()
        for setting in ["log_statement", "log_duration", "log_min_duration_statement"] {
            let value = setting == "log_statement" ? "all" : setting == "log_duration" ? "on" : "0"
            try await superuser.execute("ALTER SYSTEM SET \(identifier: setting) = \(literal: value)")
        }
        try await superuser.execute("SELECT pg_reload_conf()")
        await superuser.close()
        let resource = PostgresResource(second)
        let password = try #require(try await resource.provision().secrets["password"]?.string)
        let verifier = try #require(try await resource.state().last)
        #expect(verifier.contains("SCRAM-SHA-256$4096:"))
        let log = second.server.log
        #expect(log.contains("CREATE ROLE"), "the log has the statements")
        #expect(!log.contains(password))
        #expect(!log.contains(second.password))
    }

    @Test func anotherResourcesRoleCannotConnect() async throws {
        let second = try await SecondPostgres.shared()
        let mine = PostgresResource(second), other = PostgresResource(second, org: "evil")
        let result = try await mine.provision(), foreign = try await other.provision()
        #expect(mine.name != other.name)
        await #expect(throws: PostgresError.self) { try await other.signIn(with: foreign, database: mine.name) }
        let workload = try await mine.signIn(with: result)
        await #expect(throws: PostgresError.self) {
            try await workload.execute("CREATE DATABASE \(identifier: "x_" + mine.name)")
        }
        await #expect(throws: PostgresError.self) { try await workload.execute("CREATE ROLE \(identifier: "x_" + mine.name)") }
        await workload.close()
    }

    @Test(arguments: ["role", "database", "marked role"]) func whatIsNotItsOwnIsLeftAlone(kind: String) async throws {
        let resource = PostgresResource(try await SecondPostgres.shared())
        let superuser = try await resource.second.superuser()
        if kind == "database" {
            try await superuser.execute("CREATE DATABASE \(identifier: resource.name)")
        } else {
            try await superuser.execute("CREATE ROLE \(identifier: resource.name) PASSWORD 'x'")
        }
        if kind == "marked role" {
            let mark = "martlet:\(String(repeating: "0", count: 40)):deploy-9/x/provision/1"
            try await superuser.execute("COMMENT ON ROLE \(identifier: resource.name) IS \(literal: mark)")
        }
        await superuser.close()
        let before = try await resource.state()
        for error in [
            await failure { () throws(DriverError) in _ = try await resource.provision() },
            await failure { () throws(DriverError) in try await resource.destroy() },
            await failure { () throws(DriverError) in _ = try await resource.find() },
        ] {
            #expect(error?.code == "DRV-303")
            #expect(error?.kind == .refused)
            #expect(error?.message.contains(resource.name) == true)
        }
        #expect(try await resource.state() == before)
    }

    /// What an attempt leaves behind that was killed after each of its effects.
    @Test(arguments: ["role only", "unmarked database", "open database"]) func aLostAttemptIsCompleted(after lost: String)
        async throws
    {
        let resource = PostgresResource(try await SecondPostgres.shared())
        let first = try await resource.provision()
        let complete = try await resource.state()
        let superuser = try await resource.second.superuser()
        if lost == "role only" {
            try await superuser.execute("DROP DATABASE \(identifier: resource.name)")
        } else {
            try await superuser.execute("GRANT CONNECT ON DATABASE \(identifier: resource.name) TO PUBLIC")
            if lost == "unmarked database" {
                try await superuser.execute("COMMENT ON DATABASE \(identifier: resource.name) IS NULL")
            }
        }
        await superuser.close()
        #expect(try await resource.find() == .absent)
        #expect(try await resource.provision() == first)
        #expect(try await resource.find() == .present(first))
        let state = try await resource.state()
        if lost != "role only" { #expect(state == complete) }
        let workload = try await resource.signIn(with: first)
        await workload.close()
    }

    @Test func aPasswordThatTheBrokerLostIsReplaced() async throws {
        let resource = PostgresResource(try await SecondPostgres.shared())
        let first = try await resource.provision()
        resource.shelf.clear()
        #expect(try await resource.find() == .absent, "its password is not known any more")
        let second = try await resource.provision()
        #expect(first.secrets != second.secrets)
        await #expect(throws: PostgresError.self) { try await resource.signIn(with: first) }
        let workload = try await resource.signIn(with: second)
        await workload.close()
    }

    @Test func destroyedUnderARunningWorkloadAndOnceMore() async throws {
        let resource = PostgresResource(try await SecondPostgres.shared())
        try await resource.destroy()
        #expect(try await resource.find() == .absent)
        let result = try await resource.provision()
        #expect(try await resource.find() == .present(result))
        let workload = try await resource.signIn(with: result)
        try await workload.execute("CREATE TABLE visits (n int)")
        try await resource.destroy()
        #expect(try await resource.state().isEmpty)
        await #expect(throws: PostgresError.self) { try await workload.query("SELECT n FROM visits") }
        try await resource.destroy()
        #expect(try await resource.find() == .absent)
    }

    @Test func dataIsKeptUnlessSomebodySaysSo() async throws {
        var resource = PostgresResource(try await SecondPostgres.shared())
        let result = try await resource.provision()
        let workload = try await resource.signIn(with: result)
        try await workload.execute("CREATE TABLE visits (n int)")
        try await workload.execute("CREATE VIEW last AS SELECT max(n) FROM visits")
        try await workload.execute("INSERT INTO visits VALUES (\(1))")
        let before = try await resource.state()
        let refused = await failure { () throws(DriverError) in try await resource.destroy() }
        #expect(refused?.code == "DRV-309" && refused?.kind == .refused)
        #expect(refused?.message.contains("rows in public.visits") == true && refused?.message.contains("force") == true)
        #expect(try await resource.state() == before)
        // Deleted rows are none.
        try await workload.execute("DELETE FROM visits")
        try await workload.execute("SELECT lo_create(0)")
        let large = await failure { () throws(DriverError) in try await resource.destroy() }
        #expect(large?.message.contains("large objects") == true)
        await workload.close()
        resource.request.mayLoseData = true
        try await resource.destroy()
        #expect(try await resource.state().isEmpty)
    }

    /// Rows that a policy hides from the administrator are rows.
    @Test func hiddenRowsAreData() async throws {
        var resource = PostgresResource(try await SecondPostgres.shared())
        let workload = try await resource.signIn(with: try await resource.provision())
        try await workload.execute("CREATE TABLE visits (n int)")
        try await workload.execute("INSERT INTO visits VALUES (\(1))")
        try await workload.execute("ALTER TABLE visits ENABLE ROW LEVEL SECURITY")
        try await workload.execute("ALTER TABLE visits FORCE ROW LEVEL SECURITY")
        await workload.close()
        let refused = await failure { () throws(DriverError) in try await resource.destroy() }
        #expect(
            refused?.code == "DRV-309" && refused?.message.contains("public.visits") == true, "\(String(describing: refused))")
        resource.request.mayLoseData = true
        try await resource.destroy()
    }

    /// The owner of a database sets traps for whoever comes there with more rights: nothing of it is run.
    @Test func nothingOfTheOwnersRunsWithTheAdministratorsRights() async throws {
        var resource = PostgresResource(try await SecondPostgres.shared())
        let workload = try await resource.signIn(with: try await resource.provision())
        let owner: SQL = "\(identifier: resource.name)"
        for statement: SQL in [
            "CREATE TABLE trapped (who text)", "CREATE TABLE visits (n int)",
            """
            CREATE FUNCTION trap() RETURNS oid LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO public.trapped VALUES (current_user); RETURN 0; END $$
            """,
            "CREATE VIEW pg_class AS SELECT trap() AS oid, 'x'::name AS relname, trap() AS relnamespace, 'r'::\"char\" AS relkind",
            "CREATE VIEW pg_namespace AS SELECT trap() AS oid, 'public'::name AS nspname",
            "CREATE VIEW pg_largeobject_metadata AS SELECT trap() AS oid",
            "CREATE FUNCTION pg_relation_size(oid) RETURNS bigint LANGUAGE sql AS 'SELECT 0 * trap()::bigint'",
            "ALTER DATABASE \(owner) SET search_path = public, pg_catalog",
        ] { try await workload.execute(statement) }
        await workload.close()
        let superuser = try await resource.second.superuser(database: resource.name)
        try await superuser.execute("INSERT INTO public.visits VALUES (\(1))")
        let refused = await failure { () throws(DriverError) in try await resource.destroy() }
        #expect(
            refused?.code == "DRV-309" && refused?.message.contains("public.visits") == true, "\(String(describing: refused))")
        #expect(try await superuser.query("SELECT who FROM public.trapped").isEmpty)
        await superuser.close()
        resource.request.mayLoseData = true
        try await resource.destroy()
    }

    @Test(arguments: [true, false]) func aDefinitionMaySayThatDataGoes(isEmptied: Bool) async throws {
        var resource = PostgresResource(try await SecondPostgres.shared())
        let workload = try await resource.signIn(with: try await resource.provision())
        try await workload.execute("CREATE TABLE visits (n int)")
        try await workload.execute("INSERT INTO visits VALUES (\(1))")
        if isEmptied { try await workload.execute("TRUNCATE visits") }
        await workload.close()
        if !isEmptied { resource.request.values["on_delete"] = "drop" }
        try await resource.destroy()
        #expect(try await resource.state().isEmpty)
    }

    @Test func aNewPasswordVersionIsANewPasswordAndNothingElse() async throws {
        var resource = PostgresResource(try await SecondPostgres.shared())
        let first = try await resource.provision()
        let before = try await resource.signIn(with: first)
        resource.request.values["password_version"] = 2
        resource.request.cookie = first.cookie
        #expect(try await resource.find() == .absent, "not rotated yet")
        let second = try await resource.provision()
        #expect(second.values == first.values && second.secrets != first.secrets)
        #expect(try await resource.provision() == second)
        #expect(try await resource.find() == .present(second))
        await #expect(throws: PostgresError.self) { try await resource.signIn(with: first) }
        // Who is signed in stays so, until the deployment has brought the new one.
        #expect(try await before.query("SELECT 1 AS one").count == 1)
        await before.close()
        let after = try await resource.signIn(with: second)
        await after.close()
        resource.request.values["password_version"] = "a b"
        #expect(PostgresDriver().check(resource.request).map(\.path) == ["driver_inputs.values.password_version"])
        resource.request.values["password_version"] = nil
        resource.request.values["on_delete"] = "keep"
        #expect(PostgresDriver().check(resource.request).map(\.path) == ["driver_inputs.values.on_delete"])
    }

    @Test func aRoleThatOwnsThingsElsewhereIsNamed() async throws {
        let resource = PostgresResource(try await SecondPostgres.shared())
        _ = try await resource.provision()
        let superuser = try await resource.second.superuser()
        try await superuser.execute("CREATE SCHEMA \(identifier: resource.name) AUTHORIZATION \(identifier: resource.name)")
        #expect(await failure { () throws(DriverError) in try await resource.destroy() }?.code == "DRV-308")
        try await superuser.execute("DROP SCHEMA \(identifier: resource.name)")
        await superuser.close()
        try await resource.destroy()
        #expect(try await resource.state().isEmpty)
    }

    @Test func refusalsSayWhatToDoAndKeepSecrets() async throws {
        let second = try await SecondPostgres.shared()
        var resource = PostgresResource(second)
        resource.request.secrets["password"] = "wrong-hunter2"
        let wrong = await failure { () throws(DriverError) in _ = try await resource.provision() }
        #expect(wrong?.code == "DRV-302")
        #expect(wrong?.kind == .invalidInput)
        #expect(wrong?.message.contains("hunter2") == false)
        #expect(wrong?.message.contains("127.0.0.1:\(second.port)") == true)

        resource = PostgresResource(second)
        resource.request.values["port"] = 1
        let nobody = await failure { () throws(DriverError) in _ = try await resource.provision() }
        #expect(nobody?.code == "DRV-302")
        #expect(nobody?.kind == .transient)

        resource = PostgresResource(second)
        let superuser = try await second.superuser()
        try await superuser.execute("CREATE ROLE \(identifier: "weak_" + resource.name) LOGIN PASSWORD 'weak'")
        await superuser.close()
        resource.request.values["user"] = .string("weak_" + resource.name)
        resource.request.secrets["password"] = "weak"
        let weak = await failure { () throws(DriverError) in _ = try await resource.provision() }
        #expect(weak?.code == "DRV-304")
        #expect(weak?.message.contains("CREATEDB CREATEROLE") == true)
    }
}

@Suite struct PostgresInputsTests {
    private func request(values: JSON, secrets: JSON = ["password": "x"], params: JSON = [:]) -> DriverRequest {
        DriverRequest(
            key: "d/n/provision/1", environment: EnvironmentContext(orgID: "o", appID: "a", envID: "e", envType: "t"),
            identity: ResourceIdentity(type: "postgres", id: "shared.db"), guResID: String(repeating: "a", count: 40),
            params: params,
            values: values, secrets: secrets)
    }

    @Test func allProblemsAtOnceWithTheNearestName() {
        let problems = PostgresDriver().check(
            request(
                values: ["hots": "h", "port": 70_000, "user": 7, "sslmode": "requier"], secrets: ["pasword": "hunter2"],
                params: ["size": 1]))
        #expect(
            problems.map(\.path) == [
                "params.size", "driver_inputs.values.hots", "driver_inputs.secret_refs.pasword", "driver_inputs.values.port",
                "driver_inputs.values.user", "driver_inputs.values.host", "driver_inputs.secret_refs.password",
                "driver_inputs.values.sslmode",
            ])
        #expect(problems.compactMap(\.suggestion) == ["host", "password", "require"])
        #expect(!problems.description.contains("hunter2"))
    }

    @Test(arguments: ["/run/postgresql", "@abstract", "a,b", "a\0b", ""]) func hostsThatAreNotOneHost(host: String) {
        let problems = PostgresDriver().check(request(values: ["host": .string(host), "user": "u"]))
        #expect(problems.map(\.path) == ["driver_inputs.values.host"])
    }

    @Test func theConnectionStringIsQuoted() throws {
        let inputs = try #require(
            PostgresInputs.read(request(values: ["host": "h", "user": "it's \\ me", "name": "x host=evil"])).inputs)
        #expect(
            inputs.configuration().dsn
                == #"host='h' port=5432 dbname='x host=evil' user='it\'s \\ me' sslmode=prefer "#
                + "options='-c search_path=pg_catalog,pg_temp -c row_security=off'")
    }

    @Test(arguments: [
        ("shop", "modules.web.externals.db", "shop_e_db_"), ("1st", "shared.main-db", "r1st_e_main_db_"),
        ("x", "shared.\u{E9}t\u{E9}", "x_e_t_"),
        (String(repeating: "long", count: 12), "shared.db", String(repeating: "long", count: 10) + "lo_"),
    ]) func names(app: String, id: String, start: String) {
        var request = request(values: [:])
        request.environment.appID = app
        request.identity.id = id
        let name = PostgresNames.name(for: request)
        #expect(name == start + String(repeating: "a", count: 20))
        #expect(name.utf8.count <= 63)
    }
}
