import PlatformModel

/// The labels by which a workload's objects are known.
struct WorkloadLabels {
    let workload: String
    /// What selects the pods; never changes for a workload, since a Deployment's selector cannot.
    let selector: JSON
    let all: JSON

    init(environment: EnvironmentContext, workload: String) {
        self.workload = workload
        selector = ["app.kubernetes.io/name": .string(workload), "martlet.dev/workload": .string(workload)]
        all = [
            "app.kubernetes.io/name": .string(workload), "app.kubernetes.io/part-of": .string(environment.appID),
            "app.kubernetes.io/managed-by": "martlet", "martlet.dev/org": .string(environment.orgID),
            "martlet.dev/app": .string(environment.appID), "martlet.dev/env": .string(environment.envID),
            "martlet.dev/workload": .string(workload),
        ]
    }
}
