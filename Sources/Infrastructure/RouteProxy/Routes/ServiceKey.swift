import PlatformModel

/// A port of a workload's service: what a route names, and what a deploy target gives endpoints to.
package struct ServiceKey: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package var orgID: String
    package var appID: String
    package var envID: String
    package var workload: String
    /// The service's port, not the container's.
    package var port: Int

    package init(orgID: String, appID: String, envID: String, workload: String, port: Int) {
        self.orgID = orgID
        self.appID = appID
        self.envID = envID
        self.workload = workload
        self.port = port
    }

    package init(environment: EnvironmentContext, workload: String, port: Int) {
        self.init(
            orgID: environment.orgID, appID: environment.appID, envID: environment.envID, workload: workload, port: port)
    }

    package var description: String { "\(orgID)/\(appID)/\(envID)/\(workload):\(port)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.orgID, left.appID, left.envID, left.workload, left.port)
            < (right.orgID, right.appID, right.envID, right.workload, right.port)
    }
}
