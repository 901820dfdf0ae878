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
        gatewaySocket = rooms.socket(ofRoom: "gateway")
        runnerSocket = rooms.socket(ofRoom: "runner")
        brokerSocket = rooms.socket(ofRoom: "broker")
        logsSocket = rooms.socket(ofRoom: "logs")
        let engine = section.section("engine")
        concurrentSteps = engine.int("concurrent_steps", in: 1...1000, default: 32)
        heartbeat = Double(engine.int("heartbeat_seconds", in: 1...60, default: 2))
    }
}
