import DeployTargets
import Drivers
import FoundationEssentials
import Planning
import PlatformModel
import PureDrivers
import TestSupport
import Testing
import YAML

/// The definitions of `docs/definitions`: a resource is made with each by its real driver, and destroyed. Only what names a server of the
/// reader's own is put in its place.
@Suite(.timeLimit(.minutes(10)))
struct ReadyMadeDefinitionsTests {
    private static let folder: String = {
        let project = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return project + "/docs/definitions"
    }()

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }.sorted()

    /// What placeholders stand for, and inputs that are the reader's.
    private struct Place {
        var driver: any Driver
        var params: JSON = [:]
        var values: [String: JSON] = [:]
        var secrets: [String: JSON] = [:]
        var placeholders: [String: JSON] = [:]
        var expected: JSON
        /// Names of the secret outputs.
        var hidden: [String] = []
        var environment: EnvironmentContext?
        var end: @Sendable () async -> Void = {}
    }

    @Test(arguments: names) func makesAResource(_ name: String) async throws {
        guard let place = try await place(of: name) else {
            print("docs/definitions/\(name).yaml: this machine has not what its driver needs")
            return
        }
        let request = try request(name, place), bench = DriverBench()
        do {
            #expect(place.driver.check(request).isEmpty)
            let made = try await place.driver.provision(request, bench.context)
            for (output, value) in place.expected.object ?? [:] { #expect(made.values[output] == value, "\(name): \(output)") }
            #expect((made.secrets.object ?? [:]).keys.sorted() == place.hidden)
            #expect(try await place.driver.provision(request, bench.context) == made)
            try await place.driver.destroy(request, bench.context)
        } catch {
            await place.end()
            throw error
        }
        await place.end()
    }

    private func request(_ name: String, _ place: Place) throws -> DriverRequest {
        let file = URL(filePath: "\(Self.folder)/\(name).yaml")
        let document = try YAMLDocument.parse(Array(try Data(contentsOf: file)), file: file.path).json
        let entity = try #require(document["entity"]), inputs = entity["driver_inputs"] ?? [:]
        #expect(
            entity["driver_type"]?.string?.hasSuffix("/\(place.driver.name.split(separator: "/").last ?? "")") == true,
            "\(name): \(place.driver.name)")
        var values = inputs["values"]?.object ?? [:], secrets = inputs["secrets"]?.object ?? [:]
        values.merge(place.values) { $1 }
        secrets.merge(place.secrets) { $1 }
        let filled = try PlaceholderResolver.resolve(
            ["values": .object(values), "secrets": .object(secrets)], in: Table(place.placeholders), place: name)
        #expect(filled.slots.isEmpty)
        var request = DriverBench.request(
            type: entity["type"]?.string ?? "", params: place.params, values: filled.document["values"] ?? [:],
            secrets: filled.document["secrets"] ?? [:])
        request.environment = place.environment ?? request.environment
        request.mayLoseData = true
        return request
    }

    /// Nil where the machine has not what the driver needs.
    private func place(of name: String) async throws -> Place? {
        switch name {
        case "echo":
            return Place(
                driver: EchoDriver(), secrets: ["password": "correct-horse"],
                expected: ["host": "smtp.example.com", "port": 587, "sender": "shop@example.com"], hidden: ["password"])
        case "template":
            return Place(
                driver: TemplateDriver(), params: ["length": 64], expected: ["name": "dev-01234567", "days": 30], hidden: ["key"])
        case "postgres":
            let second = try await SecondPostgres.shared()
            return Place(
                driver: PostgresDriver(),
                values: [
                    "host": .string(second.host), "port": .int(Int64(second.port)), "user": .string(second.administrator),
                    // The server of these tests has no certificate.
                    "sslmode": "prefer",
                ], secrets: ["password": .string(second.password)], expected: ["host": .string(second.host)],
                hidden: ["password"], environment: Self.environment("ready-\(UInt32.random(in: 0...UInt32.max))"))
        case "postgres-instance", "postgres-on-instance": return try await cluster(name)
        case "route":
            let fixture = try await DriverUnderTest.route.fixture()
            return Place(
                driver: try await fixture.make(), params: ["port": 8080],
                expected: ["host": "shop-dev.apps.example.com", "url": "https://shop-dev.apps.example.com/"], end: fixture.end)
        case "http":
            let fixture = try await DriverUnderTest.http.fixture()
            return Place(
                driver: try await fixture.make(), expected: ["name": "shop-dev", "size": 1], hidden: ["token"], end: fixture.end)
        case "virtual":
            let template = try Data(contentsOf: URL(filePath: "\(Self.folder)/virtual.template"))
            let registration = ResourceDriver(
                orgID: "acme", id: "bucket-name", type: "config", target: "driver://martlet/echo",
                template: String(decoding: template, as: UTF8.self))
            return Place(
                driver: try DriverCatalogue([EchoDriver()]).driver(type: "acme/bucket-name", registered: [registration]),
                expected: ["name": "shop-dev-01234567", "region": "eu-1"])
        case "terraform":
            guard TerraformResource.isAvailable else { return nil }
            return Place(
                driver: try await TerraformResource().driver(), expected: ["name": "shop-dev-1"])
        case "exec", "container":
            guard SandboxLauncher.isAvailable else { return nil }
            let expected: JSON =
                name == "exec"
                ? ["cidr": "10.64.1.0/24", "environment": "dev"] : ["label": .string(DriverBench.request().guResID)]
            return Place(
                driver: try await ExecFixture.driver(name), expected: expected, hidden: name == "exec" ? ["key"] : [])
        default:
            Issue.record("docs/definitions/\(name).yaml: no resource is made with it")
            return nil
        }
    }

    private static func environment(_ id: String) -> EnvironmentContext {
        EnvironmentContext(orgID: "acme", appID: "shop", envID: id, envType: "development")
    }

    private func cluster(_ name: String) async throws -> Place? {
        guard PrivatePodman.isAvailable else { return nil }
        let environment = Self.environment("ready-\(name)"), bench = DriverBench()
        let target = try PostgresInstanceFixture.target(String("ready-\(name)".prefix(20)), try await PrivatePodman.shared())
        let instances = PostgresInstanceDriver(target: target)
        if name == "postgres-instance" {
            return Place(
                driver: instances, expected: ["port": 5432, "username": "postgres"], hidden: ["password"],
                environment: environment,
                end: { try? await target.removeEnvironment(environment) })
        }
        var asked = DriverBench.request(type: "postgres-instance", values: PostgresInstanceFixture.small)
        asked.environment = environment
        asked.guResID = "c" + asked.guResID.dropFirst()
        asked.mayLoseData = true
        let made = try await instances.provision(asked, bench.context)
        let reference = "resources.postgres-instance.default#main"
        return Place(
            driver: PostgresDriver { target.serverSockets($0, in: $1) },
            placeholders: [
                "\(reference).guresid": .string(asked.guResID), "\(reference).outputs.host": made.values["host"] ?? .null,
                "\(reference).outputs.port": 5432, "\(reference).outputs.username": "postgres",
                "\(reference).outputs.password": made.secrets["password"] ?? .null,
            ], expected: ["host": made.values["host"] ?? .null, "port": 5432], hidden: ["password"], environment: environment,
            end: { [asked] in
                try? await instances.destroy(asked, bench.context)
                try? await target.removeEnvironment(environment)
            })
    }
}

/// What a deployment would have found.
private struct Table: PlaceholderScope {
    private let values: [String: JSON]

    init(_ more: [String: JSON]) {
        values = ["context.app.id": "shop", "context.env.id": "dev", "context.org.id": "acme"].merging(more) { $1 }
    }

    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
        guard let value = values[placeholder.path.joined(separator: ".")] else {
            throw LookupFailure("PLAN-102", "'\(placeholder)' is unknown to this test", suggestion: nil)
        }
        return ResolvedDocument(value)
    }
}
