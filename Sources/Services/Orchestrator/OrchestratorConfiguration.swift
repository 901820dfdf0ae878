import Execution
import PlatformModel
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
    let bounds: ClaimChoice.Bounds
    let heartbeat: Double
    /// How long one step may take, and a deployment; seconds.
    let stepTimeout: Int
    let deploymentTimeout: Int
    /// How many deployments may wait in one environment.
    /// How long it counts for a run's next steps that its people were allowed to go on.
    let accessMilliseconds: Int
    let queueLength: Int
    let driftSchedule: DriftSchedule
    let driftHours: Int
    let collectionHours: Int
    /// Changes of what has an `ETag` must say which they were made on.
    let requiresMatch: Bool
    /// What a new organisation begins with.
    let limits: OrganizationLimits

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
        concurrentSteps = engine.int("concurrent_steps", in: 1...1000, default: 64)
        bounds = Self.bounds(engine)
        heartbeat = Double(engine.int("heartbeat_seconds", in: 1...60, default: 2))
        accessMilliseconds = engine.int("access_milliseconds", in: 0...10_000, default: 250)
        stepTimeout = engine.int("step_timeout_seconds", in: 1...StepLimit.longest, default: 3600)
        deploymentTimeout = engine.int("deployment_timeout_seconds", in: 1...604_800, default: 86_400)
        queueLength = engine.int("queue_length", in: 1...1000, default: 20)
        let drift = section.section("drift")
        // Repairs are somebody's: an environment type alone can be told to have them.
        driftSchedule = DriftSchedule(rawValue: drift.choice("schedule", of: ["off", "report"], default: "off")) ?? .off
        collectionHours = section.section("collection").int("window_hours", in: 0...87_600, default: 168)
        driftHours = drift.int("every_hours", in: 1...720, default: 24)
        requiresMatch = section.section("edits").bool("require_if_match", default: false)
        limits = Self.limits(section.section("limits"))
    }

    private static func limits(_ section: ConfigSection) -> OrganizationLimits {
        var limits = OrganizationLimits()
        for limit in OrganizationLimit.allCases {
            let key = limit.word.replacing("-", with: "_")
            guard let text = section.optionalString(key), text != "none" else { continue }
            limits[limit] = limit.amount(of: text)
            guard limits[limit] == nil else { continue }
            section.problem(key, "'\(text)' is no amount: \(limit.example) is of the right form, or none")
        }
        return limits
    }

    private static func bounds(_ engine: ConfigSection) -> ClaimChoice.Bounds {
        var bounds = ClaimChoice.Bounds(
            perOrganization: engine.int("steps_per_organization", in: 1...1000, default: 48),
            perEnvironment: engine.int("steps_per_environment", in: 1...1000, default: 32),
            perDriver: engine.int("steps_per_driver", in: 1...1000, default: 32))
        for text in engine.strings("drivers", default: []) {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let count = Int(parts[1]), (1...1000).contains(count) else {
                engine.problem("drivers", "'\(text)' is not a driver and its steps at a time, 1 to 1000, as in postgres=4")
                continue
            }
            bounds.drivers[String(parts[0])] = count
        }
        return bounds
    }
}
