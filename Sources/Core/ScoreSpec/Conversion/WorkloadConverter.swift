import PlatformModel

/// One Score file and its extension as a module.
struct WorkloadConverter {
    private let score: ScoreFile
    private let `extension`: ScoreExtension?
    private let document: ScoreDocument
    private let places: [String: ResourcePlace]
    private let text: PlaceholderRewriter

    init(_ workload: ScoreWorkload, _ keys: SharedKeys) {
        score = workload.score
        `extension` = workload.extension
        document = workload.score.document
        var places: [String: ResourcePlace] = [:]
        for (name, resource) in document.resources ?? [:] {
            places[name] = ResourcePlace(name: name, resource, workload.extension, keys)
        }
        self.places = places
        text = PlaceholderRewriter(workload: score.name, metadata: document.metadata, places: places)
    }

    func module() -> Workload {
        var externals: [String: ResourceRequest] = [:]
        for (name, resource) in document.resources ?? [:] {
            guard case .external(let external)? = places[name] else { continue }
            externals[external] = ResourceRequest(
                type: resource.type, class: resource.class, params: resource.params.map { text.rewrite($0) })
        }
        return Workload(
            profile: `extension`?.profile ?? "humanitec/default-module", spec: spec(), externals: externals,
            deploy: `extension`?.deploy)
    }

    func sharedDefinitions() -> [SharedDefinition] {
        (document.resources ?? [:]).sorted { $0.key < $1.key }.compactMap { name, resource in
            guard case .shared(let key, let id)? = places[name] else { return nil }
            let request = ResourceRequest(
                type: resource.type, class: resource.class, id: id,
                params: resource.params.map { text.rewrite($0, scope: .shared) })
            return SharedDefinition(
                key: key, request: request, params: resource.params, metadata: resource.metadata,
                path: ["resources", name, "id"],
                origin: origin(of: name))
        }
    }

    private func origin(of resource: String) -> ScoreOrigin {
        score.resourceOrigins[resource] ?? ScoreOrigin(file: score.file)
    }

    /// The annotations that rename resources can be followed, and the extension names what the Score file has.
    func check(_ problems: inout ProblemList) {
        var names: [String: String] = [:]
        for (name, resource) in (document.resources ?? [:]).sorted(by: { $0.key < $1.key }) {
            let path = ["resources", name, "metadata", "annotations", ResourcePlace.annotation]
            if let reference = resource.reference, ResourcePlace.Reference(reference) == nil {
                problems.add(
                    "214", path, at: origin(of: name),
                    "'\(reference.prefix(80))' is none of externals.NAME, shared.NAME and modules.WORKLOAD.externals.NAME")
            }
            guard case .external(let external)? = places[name] else { continue }
            if let other = names.updateValue(name, forKey: external) {
                problems.add(
                    "214", path, at: origin(of: name), "the resources '\(other)' and '\(name)' are both 'externals.\(external)'")
            }
        }
        if let node = `extension`?.node {
            ExtensionChecks.check(node, score: score, origin: origin, &problems)
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
            spec["annotations"] = .object(annotations.mapValues { .string(text.literal($0.string ?? "")) })
        }
        if let more = `extension`?.spec.object {
            for (key, value) in more.sorted(by: { $0.key < $1.key }) {
                let rewritten = text.rewrite(value, scope: .extension)
                spec = Self.merge(ExtensionChecks.tokens(of: key)[...], rewritten, into: spec)
            }
        }
        return spec
    }

    /// Deep: maps are merged, all else replaced; a null takes away (a plain `nil` would be a JSON null here).
    private static func merge(_ path: ArraySlice<String>, _ value: JSON, into target: JSON?) -> JSON {
        if let step = path.first {
            var members = target?.object ?? [:]
            let merged = merge(path.dropFirst(), value, into: members[step])
            members[step] = merged.isNull ? Optional.none : merged
            return .object(members)
        }
        guard let more = value.object else { return value }
        var members = target?.object ?? [:]
        for (key, value) in more {
            let merged = merge([], value, into: key.hasSuffix("_probe") ? probe(members[key], over: value) : members[key])
            members[key] = merged.isNull ? Optional.none : merged
        }
        return .object(members)
    }

    /// What of the Score file's probe stays where the extension has one of another type: its path or command mean nothing there.
    private static func probe(_ probe: JSON?, over value: JSON) -> JSON? {
        guard let type = value["type"], let old = probe?["type"], type != old else { return probe }
        return nil
    }

    private func container(_ name: String, _ container: ScoreDocument.Container) -> JSON {
        var members: [String: JSON] = ["id": .string(name), "image": literal(container.image)]
        // Score leaves these as they are: `${HOME}` is the shell's.
        members["command"] = container.command.map { .array($0.map(literal)) }
        members["args"] = container.args.map { .array($0.map(literal)) }
        if let variables = container.variables, !variables.isEmpty {
            members["variables"] = .object(variables.mapValues { .string(text.rewrite($0)) })
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

    private func literal(_ value: String) -> JSON { .string(text.literal(value)) }

    private func file(_ file: ScoreDocument.File) -> JSON {
        var members: [String: JSON] = [:]
        members["mode"] = file.mode.map { .string($0) }
        if let binary = file.binaryContent {
            members["binary_value"] = .string(binary)
        } else {
            let content = file.content ?? ""
            members["value"] = .string(file.noExpand == true ? text.literal(content) : text.rewrite(content))
        }
        return .object(members)
    }

    private func volume(_ volume: ScoreDocument.Volume) -> JSON {
        var members: [String: JSON] = ["id": .string(text.rewrite(volume.source))]
        members["sub_path"] = volume.path.map { .string(text.literal($0)) }
        members["read_only"] = .bool(volume.readOnly ?? false)
        return .object(members)
    }

    /// The specification prefers `exec` where a platform can do both.
    private func probe(_ probe: ScoreDocument.Probe) -> JSON {
        if let exec = probe.exec {
            return ["type": "command", "command": .array(exec.command.map(literal))]
        }
        guard let get = probe.httpGet else { return [:] }
        var members: [String: JSON] = ["type": "http", "path": literal(get.path), "port": .int(Int64(get.port))]
        members["scheme"] = get.scheme.map { .string($0) }
        members["host"] = get.host.map(literal)
        if let headers = get.httpHeaders, !headers.isEmpty {
            members["headers"] = .object(
                Dictionary(grouping: headers, by: \.name).mapValues { same in
                    same.count == 1 ? literal(same[0].value) : .array(same.map { literal($0.value) })
                })
        }
        return .object(members)
    }
}
