import ServiceRuntime

/// `/etc/martlet/orchestrator.yaml`.
package struct OrchestratorConfiguration: RoomConfiguration {
    package let service: ServiceConfiguration
    let database: String
    let host: String
    let gatewaySocket: String
    let runnerSocket: String
    let brokerSocket: String
    let logsSocket: String
    let concurrentSteps: Int
    let heartbeat: Double

    package init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        database = section.string("database")
        host = section.string("host", default: "local")
        let rooms = section.section("rooms")
        gatewaySocket = rooms.string("gateway", default: "/run/martlet/gateway.sock")
        runnerSocket = rooms.string("runner", default: "/run/martlet/runner.sock")
        brokerSocket = rooms.string("broker", default: "/run/martlet/broker.sock")
        logsSocket = rooms.string("logs", default: "/run/martlet/logs.sock")
        let engine = section.section("engine")
        concurrentSteps = engine.int("concurrent_steps", in: 1...1000, default: 32)
        heartbeat = Double(engine.int("heartbeat_seconds", in: 1...60, default: 2))
    }
}
