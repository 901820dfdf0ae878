import FaultPoints

/// The fault points of the targets, which run in the runner and are listed by its `--fault-points`.
package enum TargetFaults {
    /// The secret files are written, nothing was made of the replica.
    static let afterSecretFiles = FaultPoint("runner.target.afterSecretFiles")
    /// The sandbox runs, the containers were not made.
    static let afterSandbox = FaultPoint("runner.target.afterSandbox")
    /// Every replica of the new revision is made, none was waited for.
    static let afterBuild = FaultPoint("runner.target.afterBuild")
    /// The new replicas are ready, the old ones still in the routes.
    static let beforeRetire = FaultPoint("runner.target.beforeRetire")
    /// The old replicas are out of the routes, and still run.
    static let afterDrain = FaultPoint("runner.target.afterDrain")

    package static let all = [afterSecretFiles, afterSandbox, afterBuild, beforeRetire, afterDrain]
}

extension FaultPoint {
    /// For code that throws only `DeployError`: the effect's outcome is not known to the caller.
    func reachOrFail() async throws(DeployError) {
        do throws(FaultInjected) { try await reach() } catch {
            throw DeployError(code: "DEP-006", kind: .transient, message: error.description)
        }
    }
}
