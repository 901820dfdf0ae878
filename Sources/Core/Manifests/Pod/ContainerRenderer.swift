import PlatformModel

/// A container of the spec as Kubernetes has it.
struct ContainerRenderer {
    static let known =
        [
            "id", "image", "command", "args", "variables", "env", "files", "volume_mounts", "liveness_probe", "readiness_probe",
            "startup_probe", "resources", "before", "volumeMounts", "ports",
        ] + kubernetes
    /// Fields that are handed on as they are.
    static let kubernetes = [
        "securityContext", "lifecycle", "workingDir", "imagePullPolicy", "envFrom", "tty", "stdin", "stdinOnce",
        "terminationMessagePath", "terminationMessagePolicy", "volumeDevices", "resizePolicy", "livenessProbe", "readinessProbe",
        "startupProbe",
    ]

    let name: String
    let spec: MarkedSpec
    /// Names of mounts (`externals.disk`, `scratch`) -> name of the pod's volume.
    let volumeNames: [String: String]

    private var path: String { "spec.containers.\(name)" }

    func render(_ container: JSON, _ data: inout WorkloadData, _ problems: inout ProblemList) -> JSON {
        guard let members = container.object else {
            problems.add("102", path, "a map is needed, not a \(container.kind)")
            return [:]
        }
        for key in members.keys.sorted() where !Self.known.contains(key) { problems.unknown(key, path, among: Self.known) }
        var out: [String: JSON] = ["name": .string(name)]
        if let image = members["image"]?.string, !image.isEmpty, image != "." {
            out["image"] = .string(image)
        } else {
            problems.add("103", "\(path).image", "an image is needed; give it with --image where the Score file has '.'")
        }
        for key in ["command", "args"] {
            if let words = members[key]?.array, !words.isEmpty { out[key] = .array(words.map(Self.escaped)) }
        }
        for key in Self.kubernetes + ["ports"] { out[key] = members[key] }
        let variables = variables(members, &data, &problems)
        if !variables.isEmpty { out["env"] = .array(variables) }
        let mounts =
            fileMounts(members["files"], &data, &problems) + volumeMounts(members["volume_mounts"], &problems)
            + (members["volumeMounts"]?.array ?? [])
        if !mounts.isEmpty { out["volumeMounts"] = .array(mounts) }
        for (key, field) in [
            ("liveness_probe", "livenessProbe"), ("readiness_probe", "readinessProbe"), ("startup_probe", "startupProbe"),
        ] {
            if let probe = members[key] { out[field] = ProbeRenderer.render(probe, "\(path).\(key)", &problems) }
        }
        if let resources = members["resources"]?.object { out["resources"] = Self.amounts(resources) }
        return .object(out)
    }

    /// Kubernetes would replace `$(NAME)` and halve `$$`; every text stands for itself here.
    private static func escaped(_ value: JSON) -> JSON {
        guard let text = value.string, text.holds(UInt8(ascii: "$")) else { return value }
        var out: [UInt8] = [], bytes = Array(text.utf8)
        bytes.append(0)
        for index in 0..<(bytes.count - 1) {
            out.append(bytes[index])
            if bytes[index] == UInt8(ascii: "$"), bytes[index + 1] == UInt8(ascii: "$") || bytes[index + 1] == UInt8(ascii: "(") {
                out.append(bytes[index])
            }
        }
        return .string(String(decoding: out, as: UTF8.self))
    }

    /// Sorted by name; `env` of an update is Kubernetes' own form, and wins.
    private func variables(_ members: [String: JSON], _ data: inout WorkloadData, _ problems: inout ProblemList) -> [JSON] {
        var variables: [String: JSON] = [:]
        for (name, value) in (members["variables"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            variables[name] = variable(name, value, &data, &problems)
        }
        for (index, entry) in (members["env"]?.array ?? []).enumerated() {
            guard let name = entry["name"]?.string else {
                problems.add("102", "\(path).env.\(index)", "a map with a name is needed")
                continue
            }
            variables[name] = entry["value"].map { variable(name, $0, &data, &problems) } ?? entry
        }
        return variables.sorted { $0.key < $1.key }.map(\.value)
    }

    private func variable(_ name: String, _ value: JSON, _ data: inout WorkloadData, _ problems: inout ProblemList) -> JSON {
        if let parts = spec.secret(value) {
            let key = data.addVariable(name, of: self.name, parts)
            return [
                "name": .string(name), "valueFrom": ["secretKeyRef": ["name": .string(data.secretName), "key": .string(key)]],
            ]
        }
        if MarkedSpec.holdsMark(value) {
            problems.add(
                "105", "\(path).variables.\(name)", "a map or list with a secret in it cannot be a variable; name one member")
            return [:]
        }
        // An output that is a number or a map is given as its JSON text.
        return ["name": .string(name), "value": Self.escaped(.string(value.string ?? value.canonical))]
    }

    private func fileMounts(_ files: JSON?, _ data: inout WorkloadData, _ problems: inout ProblemList) -> [JSON] {
        (files?.object ?? [:]).sorted { $0.key < $1.key }.compactMap { target, file in
            let place = "\(path).files.\(target)"
            guard target.hasPrefix("/"), let members = file.object else {
                problems.add("103", place, "an absolute path, and a map with 'value' or 'binary_value', are needed")
                return nil
            }
            for key in members.keys.sorted() where !["mode", "value", "binary_value"].contains(key) {
                problems.unknown(key, place, among: ["mode", "value", "binary_value"])
            }
            let mode = members["mode"]?.string.flatMap { Int($0, radix: 8) }
            if let text = members["mode"], mode.map({ (0...0o777).contains($0) }) != true {
                problems.add("103", "\(place).mode", "\(text.canonical) is not octal digits in quotes, such as \"0644\"")
            }
            let content: WorkloadData.Content
            if let binary = members["binary_value"]?.string {
                content = .binary(binary)
            } else if let parts = spec.secret(members["value"] ?? "") {
                content = .secret(parts)
            } else if let value = members["value"], !MarkedSpec.holdsMark(value) {
                content = .text(value.string ?? value.canonical)
            } else {
                problems.add("103", place, "a text in 'value', or base64 in 'binary_value', is needed")
                return nil
            }
            let (volume, subPath) = data.addFile(target, of: name, content, mode: mode)
            return ["name": .string(volume), "mountPath": .string(target), "subPath": .string(subPath), "readOnly": true]
        }
    }

    private func volumeMounts(_ mounts: JSON?, _ problems: inout ProblemList) -> [JSON] {
        (mounts?.object ?? [:]).sorted { $0.key < $1.key }.compactMap { target, mount in
            let place = "\(path).volume_mounts.\(target)"
            for key in (mount.object ?? [:]).keys.sorted() where !["id", "sub_path", "read_only"].contains(key) {
                problems.unknown(key, place, among: ["id", "sub_path", "read_only"])
            }
            let id = mount["id"]?.string ?? ""
            guard let volume = volumeNames[id] else {
                let isResource = id.hasPrefix("externals.") || id.hasPrefix("shared.")
                problems.add(
                    "104", "\(place).id",
                    isResource
                        ? "the resource '\(id)' brought no manifest with location 'volumes'"
                        : "there is no volume '\(id)' in the spec's 'volumes', and it is no resource (in a Score file: ${resources.NAME})",
                    suggestion: nearestName(to: id, among: volumeNames.keys))
                return nil
            }
            var out: [String: JSON] = ["name": .string(volume), "mountPath": .string(target)]
            if let sub = mount["sub_path"]?.string, !sub.isEmpty { out["subPath"] = .string(sub) }
            if mount["read_only"]?.bool == true { out["readOnly"] = true }
            return .object(out)
        }
    }

    /// Score writes thousands as `K`, Kubernetes as `k`.
    private static func amounts(_ resources: [String: JSON]) -> JSON {
        .object(
            resources.mapValues { amounts in
                guard var members = amounts.object else { return amounts }
                if let memory = members["memory"]?.string, memory.hasSuffix("K") {
                    members["memory"] = .string(memory.dropLast() + "k")
                }
                return .object(members)
            })
    }
}
