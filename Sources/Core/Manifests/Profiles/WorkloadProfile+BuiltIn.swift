import PlatformModel

extension WorkloadProfile {
    /// The version of the charts that come with Martlet. It grows when the same spec would be made into objects of another meaning.
    package static let chartVersion = "1.0.0"

    /// The profiles that come with Martlet; each is its own chart.
    package static let builtIn: [WorkloadProfile] = [
        builtIn(
            "default-module", "A program that runs on: a Deployment, with a Service for its ports.", ["deployment", "replicas"]),
        builtIn("default-job", "A program that runs once and ends: a Job.", ["job"]),
        builtIn(
            "default-cronjob", "A program that runs by the clock: a CronJob for each of its schedules.",
            ["cronjob", "job", "schedules"]),
    ]

    private static func builtIn(_ name: String, _ description: String, _ more: [String]) -> WorkloadProfile {
        let common = ["annotations", "ingress", "labels", "pod", "service", "volumes"]
        var properties = Dictionary(
            uniqueKeysWithValues: (common + more).map { ($0, feature($0)) })
        properties["service_account_name"] = feature("service-account")
        properties["containers"] = ["type": "collection", "properties": container]
        let id = "humanitec/\(name)"
        return WorkloadProfile(
            id: id, versionID: chartVersion, description: description,
            specDefinition: ["properties": .object(properties)], chart: Chart(id: id, version: chartVersion))
    }

    private static func feature(_ name: String) -> JSON {
        ["type": "feature", "feature_name": .string("humanitec/\(name)")]
    }

    private static let container: JSON = {
        var members: [String: JSON] = ["id": ["type": "schema", "schema": ["type": "string"]]]
        for name in ["image", "command", "args", "variables", "files", "resources"] { members[name] = feature(name) }
        members["volume_mounts"] = feature("volume-mounts")
        for name in ["liveness_probe", "readiness_probe", "startup_probe"] { members[name] = feature("probe") }
        for name in ContainerRenderer.known where members[name] == nil { members[name] = ["type": "schema", "schema": [:]] }
        return .object(members)
    }()
}
