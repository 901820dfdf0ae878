import YAML

/// A Compose file with its services as they are after `extends`.
struct ComposeFile {
    let source: ScoreImporter.Source
    let root: SourceNode
    private(set) var services: [(name: String, node: SourceNode)] = []
    /// Services that others wait for until they have ended.
    private(set) var jobs: Set<String> = []
    private(set) var backings: [Backing] = []
    /// Service -> the name of its workload, where that is another one.
    var renamed: [String: String] = [:]

    /// More known servers in one file stay workloads.
    private static let mostBackings = 100

    /// The definitions that services name.
    private(set) var configs: [String: SourceNode] = [:]
    private(set) var secrets: [String: SourceNode] = [:]

    /// Compose itself follows no longer chain.
    private static let longestChain = 20

    init(
        _ root: SourceNode, _ source: ScoreImporter.Source, options: ScoreImporter.Options, _ log: inout ImportLog
    ) throws(ImportRefusal) {
        self.root = root
        self.source = source
        configs = Self.byName(root["configs"])
        secrets = Self.byName(root["secrets"])
        let named = root["services"] ?? root
        if named.entries == nil, !named.isNull { log.wrong(named, "services are a map: the name of each -> the service") }
        let entries = named.entries ?? [], all = Self.byName(named)
        var merges = ImportBudget(bytes: 16 << 20)
        for (name, node) in entries {
            guard node.entries != nil else {
                log.wrong(node, "a service is a map")
                continue
            }
            let node = try Self.extended(node, all, 0, &log, &merges)
            let profiles = node["profiles"]?.texts ?? []
            guard profiles.isEmpty || options.profiles.contains("*") || !options.profiles.isDisjoint(with: profiles) else {
                let shown = profiles.map { "'\($0)'" }.joined(separator: ", ")
                log.dropped(node, "the service belongs to the profile \(shown), which is not on; take it in with --profile")
                continue
            }
            services.append((name, node))
        }
        for service in services {
            for (name, condition) in Self.dependencies(of: service.node) where condition == "service_completed_successfully" {
                jobs.insert(name)
            }
        }
        let servers = services.lazy.filter { !options.workloads.contains($0.name) }.compactMap { Self.backing($0.name, $0.node) }
        backings = Array(servers.prefix(Self.mostBackings))
    }

    private static func byName(_ node: SourceNode?) -> [String: SourceNode] {
        Dictionary(
            (node?.entries ?? []).filter { !$0.value.isNull }.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The services that one waits for, and until when.
    static func dependencies(of service: SourceNode) -> [(name: String, condition: String)] {
        guard let node = service["depends_on"] else { return [] }
        if let entries = node.entries { return entries.map { ($0.key, $0.value["condition"]?.text ?? "service_started") } }
        return (node.texts ?? []).map { ($0, "service_started") }
    }

    /// The server that a service is, when its image is a known one.
    private static func backing(_ name: String, _ service: SourceNode) -> Backing? {
        guard service["build"] == nil, let image = service["image"]?.text,
            let known = KnownImage.of(image: ComposeText(image).plain)
        else {
            return nil
        }
        var hosts: Set<String> = [name]
        for key in ["container_name", "hostname"] { if let host = service[key]?.text { hosts.insert(host) } }
        for (_, network) in service["networks"]?.entries ?? [] { hosts.formUnion(network["aliases"]?.texts ?? []) }
        let variables = Dictionary(
            ComposeEnvironment.entries(of: service["environment"]).map { ($0.name, $0.value) },
            uniquingKeysWith: { _, last in last })
        func values(_ names: [String]) -> Set<String> {
            Set(names.compactMap { name in variables[name].map { $0?.template ?? .value(name) }?.marked }.filter { !$0.isEmpty })
        }
        var users = values(known.users), databases = values(known.databases)
        if let user = known.defaultUser, users.isEmpty || known.defaultUser == "root" { users.insert(user) }
        // Without a database of its own name PostgreSQL makes one that is called as the user.
        if databases.isEmpty, known.type == "postgres" { databases = users }
        return Backing(
            service: name, image: known, hosts: hosts, users: users, passwords: values(known.passwords), databases: databases)
    }

    private static func extended(
        _ node: SourceNode, _ all: [String: SourceNode], _ depth: Int, _ log: inout ImportLog, _ merges: inout ImportBudget
    ) throws(ImportRefusal) -> SourceNode {
        guard let extends = node["extends"] else { return node }
        guard let name = extends["service"]?.text ?? extends.text, extends["file"] == nil else {
            log.dropped(
                extends,
                "another file is extended: what this service takes from there is missing; resolve it with 'docker compose config'"
            )
            return node
        }
        guard let other = all[name], depth < longestChain else {
            log.wrong(
                extends, depth < longestChain ? "there is no service '\(name)'" : "services extend each other without an end")
            return node
        }
        let base = try extended(other, all, depth + 1, &log, &merges)
        return SourceNode(
            try merge(base.node, node.node, isInService: true, &merges), file: node.file, path: node.path, mark: node.mark)
    }

    /// As Compose merges: maps deeply, lists of things one after the other, all else is replaced.
    private static func merge(
        _ base: YAMLNode, _ node: YAMLNode, isInService: Bool, _ merges: inout ImportBudget
    ) throws(ImportRefusal) -> YAMLNode {
        guard var entries = base.entries, let own = node.entries else { return node }
        let replaced: Set<String> = ["command", "entrypoint", "test", "extends"],
            notInherited: Set<String> = ["depends_on", "links"]
        if isInService { entries.removeAll { notInherited.contains($0.key.text) } }
        try merges.spend(32 * (entries.count + own.count))
        var places = Dictionary(entries.enumerated().map { ($1.key.text, $0) }, uniquingKeysWith: { first, _ in first })
        for entry in own {
            let name = entry.key.text
            guard let index = places[name] else {
                places[name] = entries.count
                entries.append(entry)
                continue
            }
            let old = entries[index].value
            var value = entry.value
            if isInService, ["environment", "labels", "annotations"].contains(name) {
                value = try merge(asMap(old), asMap(value), isInService: false, &merges)
            } else if value.entries != nil {
                value = try merge(old, value, isInService: false, &merges)
            } else if let first = old.elements, let second = value.elements, !replaced.contains(name) {
                try merges.spend(32 * (first.count + second.count))
                value = YAMLNode(.sequence(first + second), mark: value.mark)
            }
            entries[index] = (entry.key, value)
        }
        return YAMLNode(.mapping(entries), mark: node.mark)
    }

    /// A list of `NAME=value` as a map.
    private static func asMap(_ node: YAMLNode) -> YAMLNode {
        guard let elements = node.elements else { return node }
        var entries: [(key: YAMLNode, value: YAMLNode)] = [], seen: Set<String> = []
        for element in elements.reversed() {
            let parts = element.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, seen.insert(String(name)).inserted else { continue }
            let value = YAMLNode(
                .scalar(text: parts.count > 1 ? String(parts[1]) : "", style: parts.count > 1 ? .quoted : .plain),
                mark: element.mark)
            entries.append((YAMLNode(.scalar(text: String(name), style: .quoted), mark: element.mark), value))
        }
        return YAMLNode(.mapping(entries.reversed()), mark: node.mark)
    }
}
