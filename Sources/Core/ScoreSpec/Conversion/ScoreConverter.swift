import PlatformModel

/// A Score file and its extension.
package struct ScoreWorkload: Sendable {
    package var score: ScoreFile
    package var `extension`: ScoreExtension?

    package init(score: ScoreFile, extension: ScoreExtension? = nil) {
        self.score = score
        self.extension = `extension`
    }
}

/// Makes a delta of Score files (humanitec.md 2.2, 2.3): one module a file under `modules.add`, resources with an `id` under `shared`.
///
/// The spec of a module, which `Manifests` reads:
/// ```
/// containers:
///   NAME:
///     id: NAME
///     image: TEXT
///     command: [TEXT], args: [TEXT]
///     variables: {NAME: TEXT}
///     files: {PATH: {mode: "0644", value: TEXT | binary_value: BASE64}}
///     volume_mounts: {PATH: {id: "externals.NAME" | "shared.KEY" | TEXT, sub_path: TEXT, read_only: BOOL}}
///     liveness_probe, readiness_probe: {type: command, command: [TEXT]}
///                                    | {type: http, path, port, scheme?, host?, headers?: {NAME: TEXT | [TEXT]}}
///     resources: {limits: {cpu, memory}, requests: {cpu, memory}}
///     before: {OTHER: {ready: started | healthy | complete}}   (what this one must have reached until OTHER starts)
/// service: {ports: {NAME: {service_port, container_port, protocol}}}
/// annotations: {KEY: TEXT}
/// ```
/// and whatever the extension merges in (`replicas`, `labels`, `pod`, `deployment`, `job`, `cronjob`, `schedules`, ...).
///
/// In image, command, args, probes and resources of a container every text stands for itself, as in Score. In all others, and in
/// `params`, `${...}` is a placeholder of the orchestrator and `$\{` the text `${`.
/// A resource's output becomes `${externals.NAME.OUT}`, or `${shared.KEY.OUT}` when it has an `id` (or the extension says that it is
/// shared); that of type `environment` becomes `${values.KEY}`, that of type `service` `${modules.NAME.service.OUT}`. `${metadata...}`
/// is resolved. The annotation `score.humanitec.io/resId` of a resource may name it otherwise (`ResourcePlace`). In the extension
/// `$${values.KEY}` is a placeholder of the orchestrator, and keys are rewritten too.
///
/// The key of a shared resource is its id, or more where two types or classes of one id stand side by side (`SharedKeys`);
/// `ResourceRequest.id` is then `shared.ID`.
package enum ScoreConverter {
    /// `base` is the set that the delta will be applied to: what it shares already is not taken away by a workload that only names it.
    package static func delta(
        for workloads: [ScoreWorkload], onto base: DeploymentSet = DeploymentSet()
    ) throws(ScoreProblems) -> DeltaContent {
        var problems = ProblemList()
        var delta = DeltaContent()
        var definitions: [String: SharedDefinition] = [:]
        let keys = SharedKeys(workloads, onto: base)
        for workload in workloads.sorted(by: { $0.score.name < $1.score.name }) {
            let converter = WorkloadConverter(workload, keys)
            converter.check(&problems)
            let name = workload.score.name
            if delta.modules.add[name] != nil {
                problems.add(
                    "211", ["metadata", "name"], at: ScoreOrigin(file: workload.score.file),
                    "another Score file describes the workload '\(name)' too")
            }
            delta.modules.add[name] = converter.module()
            for definition in converter.sharedDefinitions() {
                merge(definition, into: &definitions, &problems)
            }
        }
        for (key, definition) in definitions.sorted(by: { $0.key < $1.key }) {
            if let existing = base.shared[key], definition.request.params == nil || definition.request == existing { continue }
            delta.shared.append(
                PatchOperation(op: "add", path: JSONPointer(tokens: [key]).description, value: definition.request.json))
        }
        guard problems.isEmpty else { throw ScoreProblems(problems.problems) }
        return delta
    }

    /// Of several definers at most one set of params and one of metadata: theirs who have them.
    private static func merge(
        _ definition: SharedDefinition, into definitions: inout [String: SharedDefinition], _ problems: inout ProblemList
    ) {
        guard let first = definitions[definition.key] else {
            definitions[definition.key] = definition
            return
        }
        for (part, mine, theirs) in [
            ("params", definition.params, first.params), ("metadata", definition.metadata, first.metadata),
        ] {
            guard let mine, let theirs, mine != theirs else { continue }
            problems.add(
                "211", definition.path, at: definition.origin,
                "the shared resource '\(definition.key)' has other \(part) in \(first.origin.file); let one file give them")
        }
        if first.params == nil {
            definitions[definition.key] = definition
            definitions[definition.key]?.metadata = definition.metadata ?? first.metadata
        } else if first.metadata == nil {
            definitions[definition.key]?.metadata = definition.metadata
        }
    }
}

/// A resource with an `id`, as one workload defines it.
struct SharedDefinition {
    var key: String
    /// With placeholders as the orchestrator writes them.
    var request: ResourceRequest
    /// As the Score file has them.
    var params: JSON?
    var metadata: JSON?
    var path: [String]
    var origin: ScoreOrigin
}

extension ResourceRequest {
    var json: JSON {
        var members: [String: JSON] = ["type": .string(type)]
        members["class"] = `class`.map { .string($0) }
        members["id"] = id.map { .string($0) }
        members["params"] = params
        return .object(members)
    }
}
