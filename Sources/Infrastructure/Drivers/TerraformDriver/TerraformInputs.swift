import PlatformModel
import PureDrivers
import Sandbox

/// What a definition says to `martlet/terraform`.
struct TerraformInputs: Sendable {
    enum Code: Sendable {
        case script(String)
        case git(GitSource)
    }

    var code: Code
    /// Values and secrets together, and the params where a variable takes them.
    var variables: [String: JSON] = [:]
    /// Beside the code, by relative path.
    var files: [String: String] = [:]
    /// Of the providers' credentials.
    var environment: [String: String] = [:]
    var appendsLogs = false
    /// The output that has the manifests.
    var manifestsOutput: String?
    var needsNetwork = false

    static let values = [
        "script", "source", "variables", "files", "credentials_config", "append_logs_to_error", "manifests_output",
        "params_variable", "network", "holds_data",
    ]
    static let secrets = ["variables", "files", "source", "credentials"]
    /// Of all files, the script among them.
    static let maximumFiles = 1 << 20

    /// The inputs, or everything that is wrong with them.
    static func read(_ request: DriverRequest, _ settings: TerraformSettings) -> (inputs: TerraformInputs?, problems: [Problem]) {
        var reader = DriverInputReader(code: "DRV-701")
        reader.known(values, in: request.values, at: "driver_inputs.values")
        reader.known(secrets, in: request.secrets, at: "driver_inputs.secret_refs")
        let code = reader.code(request, settings)
        var inputs = TerraformInputs(code: code ?? .script(""))
        inputs.variables = reader.variables(request)
        inputs.files = reader.files(request)
        reader.credentials(request, &inputs)
        if case .script = inputs.code, inputs.files["main.tf"] != nil {
            reader.add("driver_inputs.values.files.main.tf", "the script is main.tf; give the file another name")
        }
        if case .script = inputs.code, inputs.files["main.tofu"] != nil {
            reader.add(
                "driver_inputs.values.files.main.tofu",
                "OpenTofu would read it instead of the script, which is main.tf; give it another name")
        }
        inputs.appendsLogs = reader.flag(request.values, "append_logs_to_error")
        _ = reader.flag(request.values, "holds_data")
        inputs.needsNetwork = reader.flag(request.values, "network")
        if inputs.needsNetwork, !settings.mayReachOutside {
            reader.add("driver_inputs.values.network", "the runner lets no configuration reach the network (terraform.network)")
        }
        inputs.manifestsOutput = reader.identifier(
            request.values["manifests_output"], at: "driver_inputs.values.manifests_output", "output")
        guard reader.problems.isEmpty, code != nil else { return (nil, reader.problems) }
        return (inputs, [])
    }
}

extension DriverInputReader {
    fileprivate mutating func code(_ request: DriverRequest, _ settings: TerraformSettings) -> TerraformInputs.Code? {
        let script = request.values["script"] ?? .null, source = request.values["source"] ?? .null
        switch (script.isNull, source.isNull) {
        case (false, false):
            add("driver_inputs.values.source", "either a script or a source is needed, not both")
        case (true, true):
            add("driver_inputs.values.script", "missing; give the configuration as a script, or its source in Git")
        case (false, true):
            if let text = script.string, !text.isEmpty, text.utf8.count <= TerraformInputs.maximumFiles { return .script(text) }
            add(
                "driver_inputs.values.script",
                script.kind == "string"
                    ? "empty, or longer than \(TerraformInputs.maximumFiles) bytes" : "a text is needed, not \(script.kind)")
        case (true, false):
            guard settings.mayReachOutside else {
                add("driver_inputs.values.source", "the runner lets nothing reach the network (terraform.network); give a script")
                return nil
            }
            let secrets = request.secrets["source"] ?? .null
            return GitSource.read(source, secrets: secrets, protocols: settings.gitProtocols, &self).map { .git($0) }
        }
        return nil
    }

    fileprivate mutating func variables(_ request: DriverRequest) -> [String: JSON] {
        var variables: [String: JSON] = [:]
        for (value, place) in [
            (request.values["variables"], "driver_inputs.values.variables"),
            (request.secrets["variables"], "driver_inputs.secret_refs.variables"),
        ] {
            for (name, value) in object(value, at: place).sorted(by: { $0.key < $1.key }) {
                guard identifier(.string(name), at: "\(place).\(name.prefix(80))", "variable") != nil else { continue }
                if variables[name] != nil { add("\(place).\(name)", "the variable is among the values, too") }
                variables[name] = value
            }
        }
        let place = "driver_inputs.values.params_variable"
        if let name = identifier(request.values["params_variable"], at: place, "variable") {
            if variables[name] != nil { add(place, "the variable '\(name)' has a value in variables, too") }
            variables[name] = request.params.isNull ? [:] : request.params
        }
        return variables
    }

    fileprivate mutating func files(_ request: DriverRequest) -> [String: String] {
        var files: [String: String] = [:], size = 0
        for (value, place) in [
            (request.values["files"], "driver_inputs.values.files"),
            (request.secrets["files"], "driver_inputs.secret_refs.files"),
        ] {
            for (path, value) in object(value, at: place).sorted(by: { $0.key < $1.key }) {
                guard let text = value.string else {
                    add("\(place).\(path.prefix(80))", "a text is needed, not \(value.kind)")
                    continue
                }
                if filePath(path, at: "\(place).\(path.prefix(80))") {
                    if files[path] != nil { add("\(place).\(path)", "the file is among the values, too") }
                    files[path] = text
                    size += text.utf8.count
                }
            }
        }
        if size > TerraformInputs.maximumFiles {
            add("driver_inputs.values.files", "at most \(TerraformInputs.maximumFiles) bytes in all, not \(size)")
        }
        return files
    }

    /// How the providers' credentials reach them: as variables, in the environment, as a file.
    fileprivate mutating func credentials(_ request: DriverRequest, _ inputs: inout TerraformInputs) {
        let place = "driver_inputs.values.credentials_config"
        let config = request.values["credentials_config"] ?? .null
        known(["variables", "environment", "file"], in: config, at: place)
        let secret = request.secrets["credentials"] ?? request.account ?? .null
        var credentials = secret.object ?? [:]
        if let text = secret.string {
            // An account's credentials are often one text of JSON.
            if let object = (try? JSON.parse(text))?.object {
                credentials = object
            } else if config["environment"] != nil || config["variables"] != nil {
                add("driver_inputs.secret_refs.credentials", "an object, or the text of one, is needed")
            }
        }
        for (name, value) in object(config["variables"], at: "\(place).variables").sorted(by: { $0.key < $1.key }) {
            let at = "\(place).variables.\(name.prefix(80))"
            guard identifier(.string(name), at: at, "variable") != nil else { continue }
            if let found = credential(value, credentials, secret, at: at) { inputs.variables[name] = found }
        }
        for (name, value) in object(config["environment"], at: "\(place).environment").sorted(by: { $0.key < $1.key }) {
            let at = "\(place).environment.\(name.prefix(80))"
            guard Self.isVariable(name), !Self.isOurs(name) else {
                add(at, "no environment variable may have this name here")
                continue
            }
            if let found = credential(value, credentials, secret, at: at) {
                inputs.environment[name] = found.string ?? found.canonical
            }
        }
        guard let path = config["file"], !path.isNull else { return }
        guard let text = path.string, filePath(text, at: "\(place).file") else {
            if path.string == nil { add("\(place).file", "the path of a file is needed") }
            return
        }
        if !secret.isNull { inputs.files[text] = secret.string ?? secret.canonical }
    }

    /// The credential that a key names; a definition is checked before its secrets are there, too.
    private mutating func credential(_ key: JSON, _ all: [String: JSON], _ secret: JSON, at path: String) -> JSON? {
        guard let name = key.string, !name.isEmpty else {
            add(path, "the name of a credential is needed, such as AccessKeyId")
            return nil
        }
        if let value = all[name] { return value }
        if secret.isNull {
            add(path, "there are no credentials; give them as secrets.credentials, or name an account as driver_account")
        } else {
            add(path, "the credentials have no '\(name.prefix(80))'", nearestName(to: name, among: all.keys.sorted()))
        }
        return nil
    }

    // MARK: Values

    fileprivate mutating func object(_ value: JSON?, at path: String) -> [String: JSON] {
        guard let value, !value.isNull else { return [:] }
        if let members = value.object { return members }
        add(path, "an object is needed, not \(value.kind)")
        return [:]
    }

    fileprivate mutating func flag(_ values: JSON, _ name: String) -> Bool {
        guard let value = values[name], !value.isNull else { return false }
        if let flag = value.bool ?? ["true": true, "false": false][value.string ?? ""] { return flag }
        add("driver_inputs.values.\(name)", "true or false is needed, not \(value.kind)")
        return false
    }

    fileprivate mutating func identifier(_ value: JSON?, at path: String, _ what: String) -> String? {
        guard let value, !value.isNull else { return nil }
        let first = value.string?.utf8.first
        if let name = value.string, name.utf8.count <= 200, first.map({ $0 == 0x5f || Self.isLetter($0) }) == true,
            name.utf8.allSatisfy({ $0 == 0x5f || $0 == 0x2d || Self.isLetter($0) || (0x30...0x39).contains($0) })
        {
            return name
        }
        add(path, "the name of a Terraform \(what) is needed: letters, digits, _ and -, not beginning with a digit")
        return nil
    }

    private mutating func filePath(_ path: String, at place: String) -> Bool {
        let file = path.split(separator: "/").last.map(String.init) ?? ""
        if !SandboxFile.isInside(path) {
            add(place, "a relative path without .. is needed")
        } else if [TerraformWorkspace.backendFile, TerraformWorkspace.shadowFile].contains(file) || path.hasPrefix(".terraform/")
        {
            add(place, "this file is the driver's own")
        } else {
            return true
        }
        return false
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }

    private static func isVariable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200 && name.utf8.first.map { isLetter($0) || $0 == 0x5f } == true
            && name.utf8.allSatisfy { isLetter($0) || $0 == 0x5f || (0x30...0x39).contains($0) }
    }

    /// What the driver, the shell or the dynamic linker go by.
    private static func isOurs(_ name: String) -> Bool {
        ["TF_HTTP_", "TF_CLI_", "TF_LOG", "MARTLET_", "LD_", "BASH_"].contains { name.hasPrefix($0) }
            || ["PATH", "HOME", "TMPDIR", "ENV", "IFS", "TF_DATA_DIR", "TF_WORKSPACE", "TF_INPUT"].contains(name)
    }
}
