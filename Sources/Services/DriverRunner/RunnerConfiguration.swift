import Drivers
import Outgoing
import RouteProxy
import Sandbox
import ServiceRuntime

/// `/etc/martlet/runner.yaml`.
package struct RunnerConfiguration: RoomConfiguration {
    package let service: ServiceConfiguration
    let database: String
    let host: String
    let brokerSocket: String
    let logsSocket: String
    let podmanSocket: String
    let secretsRoot: String
    let outputRoot: String
    let probesRoot: String
    let martletEnv: String
    /// TCP ports of this machine that workloads may reach, the route proxy's among them.
    let hostPorts: [Int]
    let routes: RouteProxyConfiguration?
    /// Where the http drivers of organisations may be.
    let driverAddresses: OutgoingRules
    /// Where programs of organisations run; nil on a host without it, which then has no drivers that need one.
    let sandbox: SandboxConfiguration?
    let exec: ExecSettings
    let terraform: TerraformSettings
    let concurrentActions: Int
    let heartbeat: Double

    package init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        database = section.string("database")
        host = section.string("host", default: "local")
        let rooms = section.section("rooms")
        brokerSocket = rooms.socket(ofRoom: "broker")
        logsSocket = rooms.socket(ofRoom: "logs")
        let podman = section.section("podman")
        podmanSocket = podman.socket("socket", default: "/run/podman/podman.sock")
        secretsRoot = podman.string("secrets", default: "/run/martlet/runner/secrets")
        outputRoot = podman.string("output", default: "/run/martlet/runner/output")
        probesRoot = podman.string("probes", default: "/run/martlet/runner/probes")
        martletEnv = podman.string("martlet_env", default: "/usr/lib/martlet/martlet-env")
        routes = section.optionalSection("routes").map { routes in
            RouteProxyConfiguration(
                folder: routes.string("folder", default: "/var/lib/martlet/runner/routes"),
                runtimeSocket: routes.socket("runtime_socket", default: "/run/martlet/haproxy/runtime.sock"),
                masterSocket: routes.socket("master_socket", default: "/run/martlet/haproxy/master.sock"),
                binds: routes.strings("binds", default: [":80"]))
        }
        hostPorts = Self.hostPorts(podman) + (routes?.binds ?? []).compactMap { RouteBind($0).port }
        driverAddresses = Self.driverAddresses(section.section("drivers"))
        sandbox = section.optionalSection("sandbox").map(SandboxConfiguration.init)
        exec = ExecSettings(reading: section.section("exec"))
        terraform = TerraformSettings(reading: section.section("terraform"))
        let actions = section.section("actions")
        concurrentActions = actions.int("concurrent", in: 1...1000, default: 32)
        heartbeat = Double(actions.int("heartbeat_seconds", in: 1...60, default: 2))
    }

    private static func driverAddresses(_ drivers: ConfigSection) -> OutgoingRules {
        var rules = OutgoingRules()
        for text in drivers.strings("http", default: OutgoingRules.standard) where !rules.add(text) {
            drivers.problem(
                "http",
                "'\(text)' is neither 'public' nor a host, *.domain, address or network, each with a port behind a colon if need be"
            )
        }
        return rules
    }

    private static func hostPorts(_ podman: ConfigSection) -> [Int] {
        podman.strings("host_ports", default: ["5432"]).compactMap { text in
            if let port = Int(text), (1...65535).contains(port) { return port }
            podman.problem("host_ports", "'\(text)' is not a port from 1 to 65535")
            return nil
        }
    }
}
