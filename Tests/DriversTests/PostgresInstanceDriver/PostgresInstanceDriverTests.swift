import DeployTargets
import Logging
import PlatformModel
import Postgres
import PureDrivers
import TestSupport
import Testing

@testable import Drivers

/// Private clusters in real containers, and databases on top of them.
@Suite(.enabled(if: PrivatePodman.isAvailable), .timeLimit(.minutes(5)))
struct PostgresInstanceDriverTests {
    private struct Bench {
        let id: String
        let podman: PrivatePodman
        let target: PodmanTarget
        let driver: PostgresInstanceDriver
        let shelf = DriverBench()

        init(_ id: String) async throws {
            self.id = id
            podman = try await PrivatePodman.shared()
            target = try PostgresInstanceFixture.target(id, podman)
            driver = PostgresInstanceDriver(target: target)
        }

        func request(_ values: JSON = PostgresInstanceFixture.small) -> DriverRequest {
            DriverBench.request(type: "postgres-instance", values: values)
        }

        /// Files with a text: of this target, and all that Podman keeps. Other tests' targets have secrets of the same making.
        func places(of text: String) throws -> String {
            let own = "\(podman.folder)/\(id)"
            return try Command.output("/usr/bin/grep", ["-rlsF", text, own])
                + Command.output("/usr/bin/grep", ["-rlsF", "--exclude-dir=secrets", text, podman.folder])
        }

        func names() async throws -> [String] {
            let containers = try await podman.call("GET", "/containers/json?all=true").body.array ?? []
            let volumes = try await podman.call("GET", "/volumes/json").body.array ?? []
            return (containers.compactMap { $0["Names"]?[0]?.string } + volumes.compactMap { $0["Name"]?.string })
                .filter { $0 == target.serverHost(request().guResID, in: request().environment) }
        }

        /// A database on the instance, as a definition that refers to it asks for one.
        func database(_ instance: DriverResult, of resource: String) -> (PostgresDriver, DriverRequest) {
            let target = target
            let driver = PostgresDriver { resource, environment in target.serverSockets(resource, in: environment) }
            var request = DriverBench.request(
                type: "postgres",
                values: [
                    "instance": .string(resource), "host": instance.values["host"] ?? .null,
                    "user": instance.values["username"] ?? .null,
                ],
                secrets: ["password": instance.secrets["password"] ?? .null])
            request.guResID = "f" + request.guResID.dropFirst()
            return (driver, request)
        }
    }

    @Test func aClusterIsMadeFoundKeptAndRemoved() async throws {
        let bench = try await Bench("pgi-one")
        let request = bench.request(), context = bench.shelf.context
        #expect(try await bench.driver.find(request, context) == .absent)
        func foreseen(_ action: ForeseenAction, _ request: DriverRequest) async throws -> [String] {
            let effects = try #require(try await bench.driver.effects(of: action, request, bench.shelf.looking))
            return effects.effects.map { "\($0.action.rawValue) \($0.object)" }
        }
        let first = try await foreseen(.provision, request)
        let made = try await bench.driver.provision(request, context)
        let host = try #require(made.values["host"]?.string)
        #expect(first == ["create server \(host)", "create data of server \(host)"])
        #expect(try await foreseen(.provision, request) == [])
        #expect(try await foreseen(.provision, bench.request(["max_connections": 25])) == ["update server \(host)"])
        #expect(try await foreseen(.destroy, request) == ["delete server \(host)", "delete data of server \(host)"])
        var rotated = request
        rotated.values["password_version"] = "2"
        #expect(try await foreseen(.provision, rotated).contains("update password of server \(host)"))
        #expect(made.values["port"] == 5432 && made.values["username"] == "postgres")
        #expect(try await bench.names() == [host, host], "a container and a volume of one name")
        #expect(try await bench.driver.provision(request, context) == made, "once more changes nothing")
        #expect(try await bench.driver.find(request, context) == .present(made))

        // The password is in no configuration that Podman keeps, and in no file any more.
        let password = try #require(made.secrets["password"]?.string)
        let inspected = try await bench.podman.call("GET", "/containers/\(host)/json").body
        #expect(!inspected.canonical.contains(password))
        #expect(try bench.places(of: password).isEmpty)
        #expect(inspected["Config"]?["Labels"]?["martlet.resource"]?.string == request.guResID)
        #expect(inspected["Config"]?["Labels"]?["martlet.action"]?.string == request.key)

        // A database on it, by its socket.
        let (postgres, asked) = bench.database(made, of: request.guResID)
        let database = try await postgres.provision(asked, context)
        #expect(database.values["host"] == made.values["host"] && database.values["port"] == 5432)
        let stranger = try #require(asked.values.object).merging(["instance": .string(String(repeating: "0", count: 40))]) { $1 }
        var wrong = asked
        wrong.values = .object(stranger)
        await #expect(throws: DriverError.self) { try await postgres.provision(wrong, context) }

        // Killed, it comes back with its data; the settings change on the same data.
        _ = try await bench.podman.call("POST", "/containers/\(host)/kill")
        #expect(try await bench.driver.provision(bench.request(["max_connections": 25]), context) == made)
        guard case .present = try await postgres.find(asked, context) else {
            Issue.record("the database is gone")
            return
        }

        // With rows in it, it stays, unless somebody says so.
        let sockets = bench.target.serverSockets(request.guResID, in: request.environment)
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(
                dsn: "host=\(sockets) port=5432 user=postgres dbname=\(database.values["name"]?.string ?? "")",
                password: password, applicationName: "test"))
        _ = try await connection.query("CREATE TABLE orders AS SELECT 1 AS id")
        await connection.close()
        let refused = await #expect(throws: DriverError.self) { try await bench.driver.destroy(request, context) }
        #expect(refused?.code == "DRV-805" && refused?.message.contains("public.orders") == true)
        let warned = await #expect(throws: DriverError.self) {
            try await bench.driver.effects(of: .destroy, request, bench.shelf.looking)
        }
        #expect(warned == refused)
        var forced = request
        forced.mayLoseData = true
        try await bench.driver.destroy(forced, context)
        try await bench.driver.destroy(forced, context)
        #expect(try await bench.names().isEmpty)
        #expect(try await bench.driver.find(request, context) == .absent)
    }

    /// New password, new settings: databases and data stay, and whoever comes with the old password is refused.
    @Test func aNewPasswordVersionIsANewPasswordOnTheSameData() async throws {
        let bench = try await Bench("pgi-four")
        let context = bench.shelf.context
        func values(_ version: JSON) -> JSON {
            ["shared_buffers_mib": 16, "max_connections": 20, "password_version": version, "on_delete": "drop"]
        }
        let first = try await bench.driver.provision(bench.request(values(nil)), context)
        let (postgres, asked) = bench.database(first, of: bench.request().guResID)
        let database = try await postgres.provision(asked, context)
        let second = try await bench.driver.provision(bench.request(values(2)), context)
        #expect(second.values == first.values && second.secrets != first.secrets)
        #expect(bench.shelf.lines.contains("setting the password of the PostgreSQL server"))
        #expect(bench.shelf.kept.contains("password-2"))
        // Who still comes with the old one.
        let refused = await #expect(throws: DriverError.self) { try await postgres.provision(asked, context) }
        #expect(refused?.code == "DRV-302")
        let (next, again) = bench.database(second, of: bench.request().guResID)
        #expect(try await next.provision(again, context) == database, "the database is the same, with its own password")
        // Neither is in a file, or in what Podman keeps of the container and its output.
        for password in JSON.texts(in: first.secrets) + JSON.texts(in: second.secrets) {
            #expect(try bench.places(of: password).isEmpty)
        }
        try await bench.driver.destroy(bench.request(values(2)), context)
        #expect(try await bench.names().isEmpty)
    }

    /// After a start of the machine the folders on tmpfs are gone, and no deployment comes along: the runner has it run again.
    @Test func itComesBackAfterAStartOfTheMachine() async throws {
        let bench = try await Bench("pgi-five")
        let request = bench.request(), context = bench.shelf.context
        let made = try await bench.driver.provision(request, context)
        let host = try #require(made.values["host"]?.string)
        _ = try await bench.podman.call("POST", "/containers/\(host)/stop")
        for folder in ["secrets", "p"] {
            _ = try Command.output("/usr/bin/rm", ["-rf", "\(bench.podman.folder)/pgi-five/\(folder)"])
        }
        #expect(try await bench.podman.call("POST", "/containers/\(host)/start").status != 204, "it cannot start by itself")
        guard case .absent = try await bench.driver.find(request, context) else {
            Issue.record("it stands")
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await bench.target.run() }
            try await eventually(within: .seconds(60), "the server") {
                try await bench.driver.find(request, context) == .present(made)
            }
            group.cancelAll()
        }
        var forced = request
        forced.mayLoseData = true
        try await bench.driver.destroy(forced, context)
    }

    @Test func whatIsWrongIsToldAtOnce() async throws {
        let bench = try await Bench("pgi-two")
        var request = bench.request(["version": 9, "max_connections": "many", "on_delete": "dropp", "sharedbuffers": 1])
        request.params = ["size": 1]
        #expect(
            bench.driver.check(request).map { "\($0.code) \($0.path)" }.sorted() == [
                "DRV-801 driver_inputs.values.max_connections", "DRV-801 driver_inputs.values.on_delete",
                "DRV-801 driver_inputs.values.sharedbuffers", "DRV-801 driver_inputs.values.version", "DRV-801 params.size",
            ])
        #expect(bench.driver.check(bench.request(["version": "15", "memory_mib": 256, "on_delete": "drop"])).isEmpty)
        #expect(bench.driver.holdsData(bench.request()) && !bench.driver.holdsData(bench.request(["on_delete": "drop"])))
    }

    @Test func aVersionThatThisMachineDoesNotHaveIsNamed() async throws {
        let bench = try await Bench("pgi-three")
        let driver = PostgresInstanceDriver(target: bench.target, patience: .seconds(3))
        let request = bench.request(["version": 99])
        let error = await #expect(throws: DriverError.self) { try await driver.provision(request, bench.shelf.context) }
        #expect(error?.code == "DRV-802" && error?.message.contains("postgresql-99") == true, "\(String(describing: error))")
        var forced = request
        forced.mayLoseData = true
        try await driver.destroy(forced, bench.shelf.context)
    }
}
