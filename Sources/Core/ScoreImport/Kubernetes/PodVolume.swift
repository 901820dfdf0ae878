import PlatformModel

/// What a volume of a pod is made of.
indirect enum PodVolume {
    case configMap(String, items: [Item]?, mode: String?)
    case secret(String, items: [Item]?, mode: String?)
    /// A claim that several pods may share.
    case claim(String)
    /// A claim of each replica's own.
    case template(String, SourceNode)
    case empty
    case several([PodVolume])
    case other(String)

    /// One key, and the file that it becomes.
    struct Item {
        var key: String
        var path: String
    }

    init(_ node: SourceNode) {
        if let map = node["configMap"] {
            self = .configMap(
                map["name"]?.text ?? "", items: Self.items(map), mode: map["defaultMode"].flatMap { ContainerDraft.mode($0) })
        } else if let secret = node["secret"] {
            let name = secret["secretName"]?.text ?? secret["name"]?.text ?? ""
            self = .secret(name, items: Self.items(secret), mode: secret["defaultMode"].flatMap { ContainerDraft.mode($0) })
        } else if let claim = node["persistentVolumeClaim"] {
            self = .claim(claim["claimName"]?.text ?? "")
        } else if let projected = node["projected"] {
            self = .several((projected["sources"]?.elements ?? []).map { PodVolume($0) })
        } else if node.entries?.contains(where: { $0.key == "emptyDir" }) == true {
            self = .empty
        } else if node["hostPath"] != nil {
            self = .other("a folder of the host: put its content into the image, or take a volume")
        } else {
            let kind = node.entries?.first { $0.key != "name" }?.key ?? "unknown"
            self = .other("a volume of the kind '\(kind)': the definition of a 'volume' resource can bring it along")
        }
    }

    private static func items(_ node: SourceNode) -> [Item]? {
        node["items"]?.elements?.compactMap { item in
            item["key"]?.text.map { Item(key: $0, path: item["path"]?.text ?? $0) }
        }
    }
}

extension PodConverter {
    mutating func readVolumes(_ workload: KubernetesObjects.Workload) {
        for node in workload.pod["volumes"]?.elements ?? [] { volumes[node["name"]?.text ?? ""] = PodVolume(node) }
        for node in workload.node["spec"]?["volumeClaimTemplates"]?.elements ?? [] {
            guard let name = node["metadata"]?["name"]?.text else { continue }
            volumes[name] = .template(name, node)
        }
    }

    /// Puts a volume where a container wants it.
    mutating func mount(_ node: SourceNode, _ container: inout ContainerDraft) throws(ImportRefusal) {
        guard let path = node["mountPath"]?.text, !path.isEmpty, let name = node["name"]?.text, let volume = volumes[name] else {
            return importer.log.wrong(node, "a mount needs 'mountPath', and 'name' of a volume of the pod")
        }
        for (key, value) in node.entries ?? [] where ["mountPropagation", "subPathExpr", "recursiveReadOnly"].contains(key) {
            importer.log.dropped(value, KubernetesKeys.reason(key))
        }
        try mount(volume, at: path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path, node, &container)
    }

    private mutating func mount(
        _ volume: PodVolume, at path: String, _ node: SourceNode, _ container: inout ContainerDraft
    ) throws(ImportRefusal) {
        switch volume {
        case .configMap(let name, let items, let mode):
            guard let map = objects.configMaps[name] else {
                return importer.log.dropped(node, "the ConfigMap '\(name)' is not in these files: its content is missing")
            }
            used.configMaps.insert(name)
            for (target, key) in try targets(items ?? map.keys.map { PodVolume.Item(key: $0, path: $0) }, at: path, node) {
                if let text = map.texts[key] {
                    try importer.budget.spend(text.text?.utf8.count ?? 0)
                    container.files[target] = ContainerDraft.file(content: text.text ?? "", mode: mode)
                } else if let text = map.binaries[key]?.text?.filter({ !$0.isWhitespace }), Base64.decode(text) != nil {
                    try importer.budget.spend(text.utf8.count)
                    container.files[target] = ["binaryContent": .string(text)]
                    if let mode { container.files[target]?["mode"] = .string(mode) }
                } else {
                    importer.log.dropped(node, "the ConfigMap '\(name)' has no key '\(key)' with a text, or its base64 is none")
                }
            }
        case .secret(let name, let items, let mode):
            guard let all = items ?? objects.secretKeys[name]?.map({ PodVolume.Item(key: $0, path: $0) }) else {
                return importer.log.dropped(node, "the Secret '\(name)' is not in these files: which files it has is not known")
            }
            for (target, key) in try targets(all, at: path, node) {
                var file: JSON = ["content": .string(secret(name, key, node).score)]
                if let mode { file["mode"] = .string(mode) }
                container.files[target] = file
            }
        case .several(let parts):
            for part in parts { try mount(part, at: path, node, &container) }
        case .claim(let name):
            used.claims.insert(name)
            let claim = objects.claims[name]
            let resource = draft.resource(name, Self.resource(of: claim), sharing: "claim/\(name)")
            container.volumes[path] = Self.volume(resource, node)
        case .template(let name, let claim):
            let resource = draft.resource(name, Self.resource(of: claim), sharing: "template/\(draft.name)/\(name)")
            container.volumes[path] = Self.volume(resource, node)
        case .empty:
            let name = node["name"]?.text ?? "temporary"
            let resource = draft.resource(name, ["type": "volume", "class": "ephemeral"], sharing: "empty/\(draft.name)/\(name)")
            container.volumes[path] = Self.volume(resource, node)
        case .other(let why): importer.log.dropped(node, why)
        }
    }

    /// Path in the container and key, of the files of a mount.
    private mutating func targets(
        _ items: [PodVolume.Item], at path: String, _ node: SourceNode
    ) throws(ImportRefusal) -> [(String, String)] {
        // Each mount looks at all of them.
        try importer.budget.spend(items.count)
        guard let subPath = node["subPath"]?.text else {
            try importer.budget.spend(items.count * (32 + path.utf8.count))
            return items.map { (path == "/" ? "/\($0.path)" : "\(path)/\($0.path)", $0.key) }
        }
        return items.filter { $0.path == subPath }.map { (path, $0.key) }
    }

    /// What a claim asks for; class and modes are the definition's matter.
    private static func resource(of claim: SourceNode?) -> JSON {
        guard let size = claim?["spec"]?["resources"]?["requests"]?["storage"]?.text else { return ["type": "volume"] }
        return ["type": "volume", "params": ["size": .string(ScoreTemplate.escaped(size))]]
    }

    private static func volume(_ resource: String, _ node: SourceNode) -> JSON {
        var volume: JSON = ["source": .string("${resources.\(resource)}")]
        if let path = node["subPath"]?.text { volume["path"] = .string(path) }
        if node["readOnly"]?.bool == true { volume["readOnly"] = true }
        return volume
    }
}
