import PlatformModel

/// What makes a running workload one and the same: its environment and its id in the deployment set (the module's name).
package struct WorkloadKey: Sendable, Hashable, Codable, CustomStringConvertible {
    package var environment: EnvironmentContext
    package var workload: String

    package init(environment: EnvironmentContext, workload: String) {
        self.environment = environment
        self.workload = workload
    }

    /// `org/app/env/workload`.
    package var description: String {
        "\(environment.orgID)/\(environment.appID)/\(environment.envID)/\(workload)"
    }
}
