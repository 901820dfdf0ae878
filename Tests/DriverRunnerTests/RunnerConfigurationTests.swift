import DeployTargets
import Drivers
import Outgoing
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

    @Test func images() throws {
        let plain = try Self.read("").exec
        #expect(plain.imagesFolder == "/var/lib/martlet/runner/images")
        #expect(plain.images.imageBytes == 2 << 30 && plain.images.totalBytes == 8 << 30)
        let set = try Self.read("exec:\n  images: {folder: /x, image_mib: 10, total_mib: 20}\n").exec
        #expect(set.imagesFolder == "/x" && set.images.imageBytes == 10 << 20 && set.images.totalBytes == 20 << 20)
    }

    @Test func terraform() throws {
        let plain = try Self.read("")
        #expect(!plain.terraform.mayReachOutside)
        #expect(plain.sandbox == nil && plain.terraform.program == "terraform" && plain.terraform.usesRegistry)
        let set = try Self.read(
            "sandbox:\n  jobs: 3\nterraform:\n  program: /opt/tofu\n  provider_mirror: /opt/mirror\n  memory_mib: 512\n  network: true\n"
        )
        #expect(set.sandbox?.jobs == 3 && set.sandbox?.socket == "/run/martlet/sandbox.sock")
        #expect(set.terraform.program == "/opt/tofu" && set.terraform.providerMirror == "/opt/mirror")
        #expect(!set.terraform.usesRegistry && set.terraform.mayReachOutside && set.terraform.memoryBytes == 512 << 20)
        let error = #expect(throws: ConfigError.self) {
            try Self.read("terraform:\n  program: bin/tofu\n  provider_mirror: x\n  git_protocols: [https, file]\n")
        }
        #expect(error?.problems.map(\.path) == ["terraform.program", "terraform.provider_mirror", "terraform.git_protocols"])
    }
}
