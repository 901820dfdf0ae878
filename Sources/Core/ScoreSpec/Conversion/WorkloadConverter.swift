import PlatformModel

/// One Score file and its extension as a module.
struct WorkloadConverter {
    private let score: ScoreFile
    private let `extension`: ScoreExtension?
    private let document: ScoreDocument
    private let text: PlaceholderRewriter

    init(_ workload: ScoreWorkload) {
        score = workload.score
        `extension` = workload.extension
        document = workload.score.document
        text = PlaceholderRewriter(workload: score.name, document: document)
    }

    func module() -> Workload {
        var externals: [String: ResourceRequest] = [:]
        for (name, resource) in document.resources ?? [:] where resource.isRequested && resource.id == nil {
            externals[name] = ResourceRequest(
                type: resource.type, class: resource.class, params: resource.params.map { text.rewrite($0) })
        }
        return Workload(
            profile: `extension`?.profile ?? "humanitec/default-module", spec: spec(), externals: externals,
            deploy: `extension`?.deploy)
    }

    func sharedDefinitions() -> [SharedDefinition] {
        (document.resources ?? [:]).sorted { $0.key < $1.key }.compactMap { name, resource in
            guard resource.isRequested, let key = resource.sharedKey else { return nil }
            let request = ResourceRequest(
                type: resource.type, class: resource.class, id: key == resource.id ? nil : resource.id.map { "shared.\($0)" },
                params: resource.params.map { text.rewrite($0, scope: .shared) })
            return SharedDefinition(
                key: key, request: request, params: resource.params, path: ["resources", name, "id"],
                origin: score.resourceOrigins[name] ?? ScoreOrigin(file: score.file))
        }
    }

    /// The extension names what the Score file has.
    func check(_ problems: inout ProblemList) {
        guard let spec = `extension`?.node["spec"] else { return }
        for entry in spec["containers"]?.entries ?? [] where document.containers[entry.key] == nil {
            problems.add(
                "210", ["spec", "containers", entry.key], at: entry.origin,
                "the workload '\(score.name)' has no container '\(entry.key.prefix(80))'",
                suggestion: nearestName(to: entry.key, among: document.containers.keys))
        }
        var checks = ScoreChecks(
            metadata: document.metadata, resources: Array((document.resources ?? [:]).keys), problems: problems)
        checks.checkTexts(in: spec, path: ["spec"], mayBeWhole: true)
        problems = checks.found
        for entry in spec.entries where entry.key.hasPrefix("/") && (try? JSONPointer(entry.key)) == nil {
            problems.add("210", ["spec", entry.key], at: entry.origin, "'\(entry.key.prefix(80))' is no JSON pointer (RFC 6901)")
        }
    }

    private func spec() -> JSON {
        var spec: JSON = [
            "containers": .object(document.containers.reduce(into: [:]) { $0[$1.key] = container($1.key, $1.value) })
        ]
        if let ports = document.service?.ports, !ports.isEmpty {
            spec["service"] = [
                "ports": .object(
                    ports.mapValues { port in
                        [
                            "service_port": .int(Int64(port.port)), "container_port": .int(Int64(port.targetPort ?? port.port)),
                            "protocol": .string(port.protocol ?? "TCP"),
                        ]
                    })
            ]
        }
        if let annotations = document.metadata["annotations"]?.object, !annotations.isEmpty {
            spec["annotations"] = text.literal(.object(annotations))
        }
        if let more = `extension`?.spec.object {
            for (key, value) in more.sorted(by: { $0.key < $1.key }) {
                let tokens = key.hasPrefix("/") ? ((try? JSONPointer(key))?.tokens ?? [key]) : [key]
                spec = Self.merge(tokens[...], text.rewrite(value), into: spec)
            }
        }
        return spec
    }

    /// Deep: maps are merged, all else replaced.
    private static func merge(_ path: ArraySlice<String>, _ value: JSON, into target: JSON) -> JSON {
        if let step = path.first {
            var members = target.object ?? [:]
            members[step] = merge(path.dropFirst(), value, into: members[step, default: .null])
            return .object(members)
        }
        guard let more = value.object, var members = target.object else { return value }
        for (key, value) in more { members[key] = merge([], value, into: members[key, default: .null]) }
        return .object(members)
    }

    private func container(_ name: String, _ container: ScoreDocument.Container) -> JSON {
        var members: [String: JSON] = ["id": .string(name), "image": .string(container.image)]
        if let command = container.command { members["command"] = .array(command.map { .string($0) }) }
        if let args = container.args { members["args"] = .array(args.map { .string($0) }) }
        if let variables = container.variables, !variables.isEmpty {
            members["variables"] = .object(variables.mapValues { text.rewrite(.string($0)) })
        }
        if let files = container.files, !files.isEmpty { members["files"] = .object(files.mapValues(file)) }
        if let volumes = container.volumes, !volumes.isEmpty { members["volume_mounts"] = .object(volumes.mapValues(volume)) }
        members["liveness_probe"] = container.livenessProbe.map(probe)
        members["readiness_probe"] = container.readinessProbe.map(probe)
        if let resources = container.resources {
            var amounts: [String: JSON] = [:]
            amounts["limits"] = resources.limits.map { .object($0.mapValues { .string($0) }) }
            amounts["requests"] = resources.requests.map { .object($0.mapValues { .string($0) }) }
            if !amounts.isEmpty { members["resources"] = .object(amounts) }
        }
        if let before = container.before, !before.isEmpty {
            members["before"] = .object(before.mapValues { ["ready": .string($0.ready)] })
        }
        return .object(members)
    }

    private func file(_ file: ScoreDocument.File) -> JSON {
        var members: [String: JSON] = [:]
        members["mode"] = file.mode.map { .string($0) }
        if let binary = file.binaryContent {
            members["binary_value"] = .string(binary)
        } else {
            let content = JSON.string(file.content ?? "")
            members["value"] = file.noExpand == true ? text.literal(content) : text.rewrite(content)
        }
        return .object(members)
    }

    private func volume(_ volume: ScoreDocument.Volume) -> JSON {
        var members: [String: JSON] = ["id": text.rewrite(.string(volume.source))]
        members["sub_path"] = volume.path.map { text.literal(.string($0)) }
        members["read_only"] = .bool(volume.readOnly ?? false)
        return .object(members)
    }

    /// The specification prefers `exec` where a platform can do both.
    private func probe(_ probe: ScoreDocument.Probe) -> JSON {
        if let exec = probe.exec {
            return ["type": "command", "command": .array(exec.command.map { .string($0) })]
        }
        guard let get = probe.httpGet else { return [:] }
        var members: [String: JSON] = ["type": "http", "path": .string(get.path), "port": .int(Int64(get.port))]
        members["scheme"] = get.scheme.map { .string($0) }
        members["host"] = get.host.map { .string($0) }
        if let headers = get.httpHeaders, !headers.isEmpty {
            members["headers"] = .object(headers.reduce(into: [:]) { $0[$1.name] = .string($1.value) })
        }
        return .object(members)
    }
}

extension ScoreDocument.Resource {
    /// `environment` stands for the shared values, `service` for another workload: neither is a resource to be made.
    var isRequested: Bool { type != "environment" && type != "service" }

    var sharedKey: String? {
        guard let id else { return nil }
        return `class` == nil || `class` == "default" ? id : "\(id)#\(`class` ?? "")"
    }
}
