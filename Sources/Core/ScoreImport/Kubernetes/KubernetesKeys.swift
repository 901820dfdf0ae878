/// The keys of pods and of what runs them: which are carried over, and which only say what holds anyway.
enum KubernetesKeys {
    static let pod: Set<String> = ["containers", "initContainers", "volumes"]

    static let workload: Set<String> = [
        "template", "selector", "replicas", "schedule", "jobTemplate", "volumeClaimTemplates", "serviceName",
    ]

    static let container: Set<String> = [
        "name", "image", "command", "args", "env", "envFrom", "ports", "resources", "livenessProbe", "readinessProbe",
        "volumeMounts",
    ]

    /// What a cluster writes into every object.
    private static let defaults: [String: Set<String>] = [
        "restartPolicy": ["Always", "Never", "OnFailure"], "dnsPolicy": ["ClusterFirst"], "schedulerName": ["default-scheduler"],
        "terminationGracePeriodSeconds": ["30"], "enableServiceLinks": ["true"],
        "terminationMessagePath": ["/dev/termination-log"],
        "terminationMessagePolicy": ["File"], "imagePullPolicy": ["IfNotPresent", "Always"], "serviceAccountName": ["default"],
        "serviceAccount": ["default"], "revisionHistoryLimit": ["10"], "progressDeadlineSeconds": ["600"],
        "concurrencyPolicy": ["Allow"],
        "suspend": ["false"], "successfulJobsHistoryLimit": ["3"], "failedJobsHistoryLimit": ["1"],
        "podManagementPolicy": ["OrderedReady"],
        "completionMode": ["NonIndexed"], "completions": ["1"], "parallelism": ["1"], "backoffLimit": ["6"],
        "hostNetwork": ["false"],
        "hostPID": ["false"], "hostIPC": ["false"], "minReadySeconds": ["0"], "tty": ["false"], "stdin": ["false"],
    ]

    static func isDefault(_ key: String, _ value: SourceNode) -> Bool {
        if let text = value.text { return defaults[key]?.contains(text) == true }
        return value.entries?.isEmpty == true || value.elements?.isEmpty == true
    }

    static func reason(_ key: String) -> String {
        switch key {
        case "affinity", "nodeSelector", "nodeName", "tolerations", "topologySpreadConstraints", "priorityClassName":
            "where it runs is the platform's matter; a definition of the type 'workload' can set it"
        case "serviceAccountName", "serviceAccount", "automountServiceAccountToken":
            "a resource of the type 'k8s-service-account' and a definition of the type 'workload' give it one"
        case "imagePullSecrets": "the platform knows the registries"
        case "lifecycle": "Score has no hooks: let the image's own program catch the signal"
        case "workingDir": "Score starts in the image's own folder; change it there, or begin the command with 'cd'"
        case "startupProbe": "Score has a liveness and a readiness probe; give the liveness probe of the platform more time"
        case "strategy", "updateStrategy", "minReadySeconds", "progressDeadlineSeconds":
            "how it is replaced is the platform's matter"
        case "backoffLimit", "completions", "parallelism", "activeDeadlineSeconds", "ttlSecondsAfterFinished",
            "concurrencyPolicy",
            "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "suspend", "timeZone":
            "Score has nothing for it; 'job' and 'cronjob' in the extensions file can hold it"
        case "hostAliases", "dnsConfig", "dnsPolicy", "hostname", "subdomain":
            "names come from DNS: a resource of the type 'dns' can make one"
        default: "Score has nothing for it; a definition of the type 'workload' can set it"
        }
    }
}
