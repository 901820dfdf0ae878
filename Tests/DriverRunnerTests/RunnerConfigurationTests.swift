import Drivers
import PlatformModel
import ServiceRuntime
import Testing

@testable import DriverRunner

@Suite struct RunnerConfigurationTests {
    private static func read(_ more: String) throws -> RunnerConfiguration {
        let text = "socket: /run/x.sock\ndatabase: dbname=martlet\n" + more
        return try ConfigReader.read(RunnerConfiguration.self, bytes: Array(text.utf8), file: "runner.yaml")
    }

    private static func routes(_ binds: String) -> String {
        "routes:\n  folder: /r\n  runtime_socket: /r/a\n  master_socket: /r/b\n  binds: [\(binds)]\n"
    }

    /// What workloads may reach of the machine: the configured ports and where people reach the routes.
    @Test func portsOfTheMachine() throws {
        #expect(try Self.read("").hostPorts == [5432])
        #expect(try Self.read("podman:\n  host_ports: [5441, 5442]\n").hostPorts == [5441, 5442])
        #expect(try Self.read("podman:\n  host_ports: []\n").hostPorts == [])
        #expect(try Self.read(Self.routes(#"":80", "10.0.0.1:8080", "[::]:443""#)).hostPorts == [5432, 80, 8080, 443])
    }

    @Test(arguments: ["0", "65536", "http", "-1"])
    func whatIsNoPortIsRefused(_ text: String) {
        let error = #expect(throws: ConfigError.self) { try Self.read("podman:\n  host_ports: [\(text)]\n") }
        #expect(
            error?.problems.map(\.description)
                == ["runner.yaml:4:15: CONF-105 podman.host_ports: '\(text)' is not a port from 1 to 65535"])
    }

    /// By default the Internet; every entry that is none is told with its place.
    @Test func placesOfHTTPDrivers() throws {
        let inside = try DriverAddress("http://drivers.internal:8080/")
        let machine = try #require(IPAddress("10.0.0.7"))
        #expect(try !Self.read("").driverAddresses.allow(inside, at: machine))
        #expect(try Self.read("drivers:\n  http: [\"10.0.0.0/8:8080\"]\n").driverAddresses.allow(inside, at: machine))
        #expect(try !Self.read("drivers:\n  http: []\n").driverAddresses.allow(inside, at: machine))
        let error = #expect(throws: ConfigError.self) { try Self.read("drivers:\n  http: [public, \"10.0.0.0/99\"]\n") }
        #expect(error?.problems.map(\.path) == ["drivers.http"])
    }
}
