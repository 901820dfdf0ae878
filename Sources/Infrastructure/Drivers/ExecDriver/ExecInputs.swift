import PlatformModel
import PureDrivers
import Sandbox

/// The inputs of a program, read strictly.
struct ExecInputs {
    /// Empty: the image's own.
    var command: [String] = []
    /// Instead of the image's own, where there is no command.
    var arguments: [String] = []
    var image: String?
    var files: [SandboxFile] = []
    /// Secrets among them.
    var variables: [String: String] = [:]
    var reachesOutside = false
    /// The program has an action `find`.
    var finds = false
    var timeoutSeconds: Int?

    /// For messages.
    var shownName: String { command.first.map { "the program '\($0.prefix(80))'" } ?? "the program of the image" }

    private static let known = [
        "args", "cluster", "command", "credentials_config", "files", "find", "image", "job", "network", "program",
        "skip_permission_checks", "timeout_seconds", "variables",
    ]
    private static let mostFiles = 200, mostBytes = 8 << 20

    /// The inputs, or everything that is wrong with them.
    static func read(_ request: DriverRequest, _ policy: SandboxPolicy) -> (inputs: ExecInputs?, problems: [Problem]) {
        var reader = DriverInputReader(code: "DRV-601")
        var inputs = ExecInputs()
        let values = request.values, at = "driver_inputs.values", secretsAt = "driver_inputs.secret_refs"
        reader.known(known, in: values, at: at)
        reader.known(["cluster", "credentials", "files", "variables"], in: request.secrets, at: secretsAt)
        inputs.readProgram(values, at, &reader)
        inputs.readNetwork(values, at, policy, &reader)
        inputs.readFiles(values["files"], "\(at).files", &reader)
        inputs.readFiles(request.secrets["files"], "\(secretsAt).files", &reader)
        inputs.readVariables(values["variables"], "\(at).variables", &reader)
        inputs.readVariables(request.secrets["variables"], "\(secretsAt).variables", &reader)
        inputs.readCredentials(
            values["credentials_config"], "\(at).credentials_config", request.secrets["credentials"] ?? request.account, &reader)
        if inputs.files.count > mostFiles || inputs.files.reduce(0, { $0 + $1.bytes.count }) > mostBytes {
            reader.add("\(at).files", "at most \(mostFiles) files of \(mostBytes >> 20) MiB together")
        }
        return reader.problems.isEmpty ? (inputs, []) : (nil, reader.problems)
    }

    private mutating func readProgram(_ values: JSON, _ at: String, _ reader: inout DriverInputReader) {
        // As definitions for the reference's driver have it; what is only a cluster's (namespace, pod_template) has no effect here.
        let job = values["job"] ?? .null
        if !job.isNull {
            reader.known(
                ["command", "image", "namespace", "pod_template", "service_account", "shared_directory", "variables"], in: job,
                at: "\(at).job")
            readVariables(job["variables"], "\(at).job.variables", &reader)
        }
        image = reader.word(values["image"], at: "\(at).image") ?? reader.word(job["image"], at: "\(at).job.image")
        if let program = reader.word(values["program"], at: "\(at).program") { command = [program] }
        for (value, path) in [(values["command"], "\(at).command"), (job["command"], "\(at).job.command")] where command.isEmpty {
            command = value?.string == nil ? reader.words(value, at: path) : reader.word(value, at: path).map { [$0] } ?? []
        }
        let arguments = reader.words(values["args"], at: "\(at).args")
        if command.isEmpty { self.arguments = arguments } else { command += arguments }
        if command.isEmpty, image == nil, reader.problems.isEmpty {
            reader.add(
                "\(at).program", "missing; name a program of the sandbox, such as ./create.sh (one of 'files'), or an image")
        }
    }

    private mutating func readNetwork(
        _ values: JSON, _ at: String, _ policy: SandboxPolicy, _ reader: inout DriverInputReader
    ) {
        if let word = reader.word(values["network"], at: "\(at).network") {
            if !["none", "outside"].contains(word) {
                reader.add(
                    "\(at).network", "'\(word.prefix(20))' is not none or outside",
                    nearestName(to: word, among: ["none", "outside"]))
            }
            reachesOutside = word == "outside"
            if reachesOutside, !policy.mayReachOutside {
                reader.add(
                    "\(at).network", "programs on this runner reach no network; its operator allows it by 'exec.network'")
            }
        }
        if let value = values["find"], !value.isNull {
            if let bool = value.bool {
                finds = bool
            } else {
                reader.add("\(at).find", "true or false is needed, not \(value.kind)")
            }
        }
        if let value = values["timeout_seconds"], !value.isNull {
            timeoutSeconds = value.int ?? value.string.flatMap { Int($0) }
            if !(1...policy.limits.wallSeconds).contains(timeoutSeconds ?? 0) {
                reader.add("\(at).timeout_seconds", "a number from 1 to \(policy.limits.wallSeconds) is needed")
            }
        }
    }

    private mutating func readFiles(_ value: JSON?, _ at: String, _ reader: inout DriverInputReader) {
        for (path, content) in reader.members(value, at: at) {
            let shown = "\(at).\(path.prefix(80))"
            guard SandboxFile.isInside(path), path.split(separator: "/").first ?? "" != ExecContract.folder else {
                reader.add(shown, "a relative path inside the workspace is needed, and not in \(ExecContract.folder)")
                continue
            }
            guard let text = content.string ?? content["content"]?.string else {
                reader.add(shown, "the file's text is needed, not \(content.kind)")
                continue
            }
            guard !files.contains(where: { $0.path == path }) else {
                reader.add(shown, "the file is there already")
                continue
            }
            files.append(SandboxFile(path: path, text: text, isExecutable: text.hasPrefix("#!")))
        }
    }

    private mutating func readVariables(_ value: JSON?, _ at: String, _ reader: inout DriverInputReader) {
        for (name, content) in reader.members(value, at: at) {
            set(name, to: content.string ?? (content.isNull ? "" : content.canonical), "\(at).\(name.prefix(80))", &reader)
        }
    }

    /// Which of the credentials go into which variable, and all of them into a file.
    private mutating func readCredentials(_ value: JSON?, _ at: String, _ credentials: JSON?, _ reader: inout DriverInputReader) {
        guard let value, !value.isNull else { return }
        reader.known(["environment", "file", "variables"], in: value, at: at)
        for part in ["environment", "variables"] {
            for (name, key) in reader.members(value[part], at: "\(at).\(part)") {
                let path = "\(at).\(part).\(name.prefix(80))"
                guard let key = key.string, let secret = credentials?[key] else {
                    reader.add(
                        path, "the credentials have no such member",
                        key.string.flatMap { nearestName(to: $0, among: credentials?.object?.keys.sorted() ?? []) })
                    continue
                }
                set(name, to: secret.string ?? secret.canonical, path, &reader)
            }
        }
        if let path = reader.word(value["file"], at: "\(at).file"), let credentials {
            readFiles([path: .string(credentials.canonical)], "\(at).file", &reader)
        }
    }

    private mutating func set(_ name: String, to value: String, _ path: String, _ reader: inout DriverInputReader) {
        let isName =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        if !isName || name.utf8.first.map({ $0 < 0x3a }) ?? true {
            reader.add(path, "a variable's name has letters, digits and underscores")
        } else if ExecContract.reserved.contains(name) {
            reader.add(path, "the variable \(name) is set by the driver")
        } else if value.utf8.contains(0) {
            reader.add(path, "a NUL cannot stand in a variable")
        } else {
            variables[name] = value
        }
    }
}

extension DriverInputReader {
    fileprivate mutating func word(_ value: JSON?, at path: String) -> String? {
        guard let value, !value.isNull else { return nil }
        if let text = value.string, !text.isEmpty, !text.utf8.contains(0) { return text }
        add(path, value.string == nil ? "a string is needed, not \(value.kind)" : "empty, or holds a NUL")
        return nil
    }

    fileprivate mutating func words(_ value: JSON?, at path: String) -> [String] {
        guard let value, !value.isNull else { return [] }
        guard let elements = value.array else {
            add(path, "a list of strings is needed, not \(value.kind)")
            return []
        }
        return elements.enumerated().compactMap { index, element in
            let text = element.string ?? (element.int != nil || element.bool != nil ? element.canonical : nil)
            if let text, !text.utf8.contains(0) { return text }
            add("\(path)[\(index)]", "a string without NUL is needed, not \(element.kind)")
            return nil
        }
    }

    /// Sorted by name.
    fileprivate mutating func members(_ value: JSON?, at path: String) -> [(String, JSON)] {
        guard let value, !value.isNull else { return [] }
        guard let members = value.object else {
            add(path, "an object is needed, not \(value.kind)")
            return []
        }
        return members.sorted { $0.key < $1.key }
    }
}
