import PlatformModel

/// Why a run was stopped.
struct RunStop: Sendable, Hashable {
    /// Who did; nil: its time was over.
    var by: String?
    var timeoutSeconds: Int?

    /// For people, and for the runner's answer.
    var reason: String {
        if let by { return "cancelled by \(by)" }
        return "the deployment took longer than its \(timeoutSeconds ?? 0) s"
    }

    /// The deployment's own error.
    func error(_ envID: String) -> DeploymentError {
        let remedy =
            by == nil
            ? "see which step took so long, then go on with 'martlet retry deployment', or deploy with a longer limit"
            : "what it had done stands; go on with 'martlet retry deployment', or deploy again"
        return DeploymentError(
            scope: "environment", objectID: "environment \(envID)", code: by == nil ? "DEP-202" : "DEP-201", summary: reason,
            message: "\(reason): \(remedy)", errorType: "stop")
    }
}
