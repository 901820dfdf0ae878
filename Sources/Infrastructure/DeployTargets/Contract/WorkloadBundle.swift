import PlatformModel

/// Everything that one workload needs to run, as a target takes it.
package struct WorkloadBundle: Sendable {
    package var key: WorkloadKey
    /// Changes when anything that the workload runs with changes; applying the same revision again restarts nothing.
    /// Made from what is not secret (references and their versions), up to 64 of `[a-z0-9]`.
    package var revision: String
    /// The key of the action that asks (`deployment/node/verb/try`): the mark left in the real system.
    package var mark: String
    /// Kubernetes objects: Deployment or Job, Service, Secret, ConfigMap. Secret values are in the clear here: this value lives
    /// for one call and is never logged.
    package var objects: [JSON]
    /// How long `apply` waits for `success`.
    package var timeout: Duration
    /// What `apply` waits for. A Job is available once it has completed.
    package var success: DeployCondition.Success

    package init(
        key: WorkloadKey, revision: String, mark: String, objects: [JSON], timeout: Duration = .seconds(300),
        success: DeployCondition.Success = .available
    ) {
        self.key = key
        self.revision = revision
        self.mark = mark
        self.objects = objects
        self.timeout = timeout
        self.success = success
    }
}
