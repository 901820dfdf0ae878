import PlatformModel

/// A place where workloads run (architecture.md section 8). Every call is bounded in time, safe to repeat, and finds by itself
/// what an earlier call, finished or killed, left behind.
package protocol DeployTarget: Sendable {
    /// What this target does not do of a bundle, by name and all at once; no I/O. `apply` refuses the same.
    func check(_ bundle: WorkloadBundle) -> [Problem]

    /// Brings the workload to the bundle's revision and returns once it is available (a Job: completed). The same revision that
    /// already runs is kept as it is. When the new revision does not get ready, it is taken away and the older one keeps running.
    /// With `success: deploy` it returns once the new revision is made; the target goes on by itself: older replicas run until the new
    /// ones are ready, however long that takes.
    func apply(
        _ bundle: WorkloadBundle, progress: @escaping @Sendable (String) -> Void
    ) async throws(DeployError) -> WorkloadStatus

    /// Every workload of an environment, as it is now.
    func observe(_ environment: EnvironmentContext) async throws(DeployError) -> [WorkloadStatus]

    /// Takes a workload away. Already gone is done.
    func remove(_ workload: WorkloadKey) async throws(DeployError)

    /// Takes away every workload of an environment, its network and what else is left. Already gone is done.
    func removeEnvironment(_ environment: EnvironmentContext) async throws(DeployError)

    /// What all containers of this target wrote since a cursor, at most `limit` lines; an empty cursor means all that is kept.
    /// Returns at once.
    func output(since cursor: OutputCursor, limit: Int) async throws(DeployError) -> OutputBatch
}
