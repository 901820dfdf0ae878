import PlatformModel
import PureDrivers
import Sandbox

/// What a program is given and what it gives back: the file contract of the reference's container driver (humanitec.md 3.2), with a few
/// files more.
enum ExecContract {
    /// The variable `ACTION`.
    enum Action: String { case create, destroy, find }

    /// In the workspace, beside the definition's own files.
    static let folder = ".martlet"
    static let inputs = "\(folder)/inputs.json", outputs = "\(folder)/outputs.json",
        secretOutputs = "\(folder)/secret-outputs.json"
    static let manifests = "\(folder)/manifests.json", state = "\(folder)/state", error = "\(folder)/error"

    /// Variables that a definition cannot set.
    static let reserved = [
        "ACTION", "SCRIPTS_DIRECTORY", "INPUTS_FILE", "OUTPUTS_FILE", "SECRET_OUTPUTS_FILE", "MANIFESTS_FILE", "STATE_FILE",
        "ERROR_FILE", "MARTLET_KEY", "MARTLET_RESOURCE_ID",
    ]

    static func add(_ action: Action, _ inputs: ExecInputs, _ request: DriverRequest, to job: inout SandboxJob) {
        func path(_ file: String) -> String { "\(SandboxJob.workspace)/\(file)" }
        job.environment.merge(inputs.variables) { _, new in new }
        job.environment.merge([
            "ACTION": action.rawValue, "SCRIPTS_DIRECTORY": SandboxJob.workspace, "INPUTS_FILE": path(Self.inputs),
            "OUTPUTS_FILE": path(outputs), "SECRET_OUTPUTS_FILE": path(secretOutputs), "MANIFESTS_FILE": path(manifests),
            "STATE_FILE": path(state), "ERROR_FILE": path(error), "MARTLET_KEY": request.key,
            "MARTLET_RESOURCE_ID": request.guResID,
        ]) { _, new in new }
        job.files = inputs.files
        job.files.append(SandboxFile(path: Self.inputs, text: document(action, request).canonical))
        if let text = request.cookie?["state"]?.string { job.files.append(SandboxFile(path: state, text: text)) }
        job.collect = [outputs, secretOutputs, manifests, state, error]
    }

    /// What is known of the resource; no secrets.
    private static func document(_ action: Action, _ request: DriverRequest) -> JSON {
        let environment = request.environment
        return [
            "action": .string(action.rawValue), "key": .string(request.key), "id": .string(request.guResID),
            "type": .string(request.identity.type), "class": .string(request.identity.class),
            "resource": .string(request.identity.id), "params": request.params,
            "context": [
                "org": .string(environment.orgID), "app": .string(environment.appID), "env": .string(environment.envID),
                "env_type": .string(environment.envType),
            ],
        ]
    }
}
