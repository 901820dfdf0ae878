import PlatformModel

/// Ports, volumes, configs and secrets of a service.
extension ScoreImporter {
    mutating func addPorts(_ list: SourceNode, isExposed: Bool, hasOthers: Bool, _ draft: inout WorkloadDraft) {
        for node in list.elements ?? [list] {
            guard let ports = ports(node) else {
                log.wrong(
                    node, "this is no port: [HOST:][PUBLISHED:]TARGET[/tcp or /udp], each a number or a range of at most 200")
                continue
            }
            guard draft.ports.count + ports.count <= PortMapping.limit else {
                return log.dropped(node, "a service with more than \(PortMapping.limit) ports")
            }
            for port in ports {
                let published = isExposed ? port.target : port.published ?? port.target
                draft.add(port: .init(port: published, target: port.target, isUDP: port.isUDP))
                // The others reach it at the container's own port.
                if published != port.target, hasOthers { draft.add(port: .init(port: port.target, isUDP: port.isUDP)) }
            }
            if !isExposed, ports.contains(where: { $0.published != nil }) {
                let host = ports.first?.hostAddress.map { " of \($0)" } ?? ""
                log.changed(
                    node, "it was published on the host\(host): from outside a workload is reached by a 'route' and its 'dns'")
            }
        }
    }

    private func ports(_ node: SourceNode) -> [PortMapping]? {
        if let text = node.text { return PortMapping.parse(ComposeText(text).plain) }
        guard let target = node["target"]?.text.map({ ComposeText($0).plain }) else { return nil }
        let published = node["published"]?.text.map { ComposeText($0).plain + ":" } ?? ""
        return PortMapping.parse(published + target + (node["protocol"]?.text.map { "/\($0)" } ?? "")).map { ports in
            ports.map { port in
                var port = port
                port.hostAddress = node["host_ip"]?.text
                return port
            }
        }
    }

    mutating func addVolumes(
        _ list: SourceNode, _ file: ComposeFile, _ draft: inout WorkloadDraft, _ container: inout ContainerDraft
    ) {
        for node in list.elements ?? [list] {
            guard let mount = VolumeMapping(node) else {
                log.wrong(node, "this is no volume: [SOURCE:]TARGET[:ro], or a map with 'type', 'source' and 'target'")
                continue
            }
            switch mount.kind {
            case .volume(let name):
                let key = name.map { "volume/\($0)" }
                let resource = draft.resource(name ?? "data", ["type": "volume"], sharing: key)
                container.volumes[mount.target] = volume(resource, mount)
            case .temporary:
                let resource = draft.resource("temporary", ["type": "volume", "class": "ephemeral"])
                container.volumes[mount.target] = volume(resource, mount)
            case .file(let path):
                guard let bytes = options.read(path, file.source.file) else {
                    log.dropped(
                        node,
                        "'\(path)' is a folder, not there, or not below this file's folder: put its content into the image, or take a volume"
                    )
                    continue
                }
                guard bytes.count <= 1 << 20 else {
                    log.dropped(node, "'\(path)' has more than 1 MiB: put it into the image, or take a volume")
                    continue
                }
                container.files[mount.target] = fileJSON(path, file, bytes)
            case .other(let why): log.dropped(node, why)
            }
        }
    }

    private func volume(_ resource: String, _ mount: VolumeMapping) -> JSON {
        var volume: JSON = ["source": .string("${resources.\(resource)}")]
        if mount.isReadOnly { volume["readOnly"] = true }
        if let path = mount.subPath { volume["path"] = .string(path) }
        return volume
    }

    /// A file beside the Compose file, as it is.
    private func fileJSON(_ path: String, _ file: ComposeFile, _ bytes: [UInt8]?) -> JSON {
        guard let bytes, bytes.isEmpty || file.source.takesFilesIn else { return ["source": .string(path), "noExpand": true] }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            return ["binaryContent": .string(Base64.encode(bytes))]
        }
        return ContainerDraft.file(content: text)
    }

    mutating func addFiles(
        _ list: SourceNode, isSecret: Bool, _ file: ComposeFile, _ draft: inout WorkloadDraft, _ container: inout ContainerDraft
    ) throws(ImportRefusal) {
        for node in list.elements ?? [list] {
            guard let name = node.text ?? node["source"]?.text else {
                log.wrong(node, "a name, or a map with 'source', is needed")
                continue
            }
            let named = node["target"]?.text ?? name
            let target = named.hasPrefix("/") ? named : (isSecret ? "/run/secrets/" : "/") + named
            let definition = isSecret ? file.secrets[name] : file.configs[name]
            guard
                var json = isSecret
                    ? secretFile(name, definition, node, &draft) : configFile(name, definition, node, file, &draft)
            else { continue }
            if let mode = node["mode"].flatMap({ ContainerDraft.mode($0) }) { json["mode"] = .string(mode) }
            try budget.spend(json["content"]?.string?.utf8.count ?? 0)
            container.files[target] = json
        }
    }

    /// The content of a secret is never read: a shared secret takes its place.
    private mutating func secretFile(
        _ name: String, _ definition: SourceNode?, _ node: SourceNode, _ draft: inout WorkloadDraft
    ) -> JSON? {
        let key = definition?["environment"]?.text.flatMap { ScoreName.valueKey($0) } ?? ScoreName.valueKey(name)
        log.needed(node, "create the shared secret '\(key)': its content is not taken over")
        return ["content": .string(draft.value(key).score)]
    }

    private mutating func configFile(
        _ name: String, _ definition: SourceNode?, _ node: SourceNode, _ file: ComposeFile, _ draft: inout WorkloadDraft
    ) -> JSON? {
        if let content = definition?["content"]?.text {
            let template = ComposeText(content).template
            draft.use(template)
            for part in template.parts where part.isReference {
                let key = part.text.dropFirst("env.".count)
                log.needed(node, "Compose fills in '\(key)' from where it is started; create the shared value '\(key)'")
            }
            return template.literal.map { ContainerDraft.file(content: $0) } ?? ["content": .string(template.score)]
        }
        if let variable = definition?["environment"]?.text {
            let key = ScoreName.valueKey(variable)
            log.needed(node, "create the shared value '\(key)'")
            return ["content": .string(draft.value(key).score)]
        }
        guard let path = definition?["file"]?.text.map({ ComposeText($0).plain }), !path.isEmpty else {
            log.dropped(node, "the content of the config '\(name)' is not in this file")
            return nil
        }
        let content = options.read(path, file.source.file)
        if content == nil { log.dropped(node, "the file '\(path)' cannot be read now; the Score file names it all the same") }
        return fileJSON(path, file, content)
    }
}
