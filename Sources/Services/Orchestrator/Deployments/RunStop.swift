import PlatformModel
import Postgres

/// Why a run was stopped.
struct RunStop: Sendable, Hashable {
    /// How long a run may take from its start.
    struct Limit: Sendable, Hashable {
        var seconds: Int
        /// The environment's type allows no more; what was asked for is longer.
        var isOfType: Bool
    }

    /// Who did; nil: its time was over.
    var by: String?
    var limit: Limit?

    /// For people, and for the runner's answer.
    var reason: String {
        if let by { return "cancelled by \(by)" }
        let whose = limit?.isOfType == true ? " that its environment type allows" : ""
        return "the deployment took longer than its \(limit?.seconds ?? 0) s\(whose)"
    }

    /// The deployment's own error.
    func error(_ envID: String, kind: DeploymentStore.Run.Kind = .deploy) -> DeploymentError {
        DeploymentError(
            scope: "environment", objectID: "environment \(envID)", code: by == nil ? "DEP-202" : "DEP-201", summary: reason,
            message: "\(reason): \(remedy(kind))", errorType: "stop")
    }

    private func remedy(_ kind: DeploymentStore.Run.Kind) -> String {
        switch kind {
        case .destroy:
            return "what is gone stays gone, and the rest stands; delete again to go on, or deploy to have back what is gone"
        case .deploy where by == nil:
            let longer = limit?.isOfType == true ? "have an administrator raise that limit" : "deploy with a longer limit"
            return "see which step took so long, then go on with 'martlet retry deployment', or \(longer)"
        case .deploy:
            return "what it had done stands; go on with 'martlet retry deployment', or deploy again"
        }
    }
}

extension RunStop {
    /// From `stopped_by`, `timeout_seconds` and `allowed_seconds` of a run's row.
    init(_ row: Row) throws {
        self.init(by: try row.optionalString("stopped_by"), limit: try Limit(row))
    }
}

extension RunStop.Limit {
    /// Nil for a run without.
    init?(_ row: Row) throws {
        let asked = try row.optionalInt("timeout_seconds")
        guard let seconds = try row.optionalInt("allowed_seconds") ?? asked else { return nil }
        self.init(seconds: seconds, isOfType: asked.map { seconds < $0 } ?? true)
    }
}
