import PlatformModel

/// The variables of a service: those of its files and its own, with the addresses of servers and the secrets taken out.
enum ComposeEnvironment {
    struct Entry {
        var name: String
        /// Nil where the value is that of whoever starts it.
        var value: ComposeText?
        var node: SourceNode
    }

    /// `environment` as a map or a list.
    static func entries(of node: SourceNode?) -> [Entry] {
        guard let node else { return [] }
        if let entries = node.entries {
            return entries.map { Entry(name: $0.key, value: $0.value.text.map { ComposeText($0) }, node: $0.value) }
        }
        return (node.elements ?? []).compactMap { element in
            guard let text = element.text else { return nil }
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? ComposeText(String(parts[1])) : nil
            return Entry(name: String(parts.first ?? ""), value: value, node: element)
        }
    }
}

extension ScoreImporter {
    /// Reads the `env_file`s of a service.
    mutating func files(of service: SourceNode, _ file: ComposeFile) -> [ComposeEnvironment.Entry] {
        guard let node = service["env_file"] else { return [] }
        var entries: [ComposeEnvironment.Entry] = []
        for element in node.elements ?? [node] {
            guard let named = element.text ?? element["path"]?.text else {
                log.wrong(element, "a path is needed")
                continue
            }
            let path = ComposeText(named).plain
            guard let bytes = options.read(path, file.source.file), let text = String(validating: bytes, as: UTF8.self),
                !bytes.contains(0)
            else {
                if element["required"]?.bool != false {
                    log.dropped(element, "the file '\(path)' cannot be read: its variables are missing")
                }
                continue
            }
            for line in EnvironmentFile.lines(of: text) {
                entries.append(ComposeEnvironment.Entry(name: line.name, value: line.value, node: element))
            }
        }
        return entries
    }

    /// Sets the variables of a container.
    mutating func setVariables(
        _ service: SourceNode, _ file: ComposeFile, _ draft: inout WorkloadDraft, _ container: inout ContainerDraft
    ) throws(ImportRefusal) {
        var order: [String] = [], entries: [String: ComposeEnvironment.Entry] = [:]
        for entry in files(of: service, file) + ComposeEnvironment.entries(of: service["environment"]) {
            guard !entry.name.isEmpty, !entry.name.contains("="), !entry.name.utf8.contains(0) else {
                log.wrong(entry.node, "this is no NAME=value")
                continue
            }
            if entries.updateValue(entry, forKey: entry.name) == nil { order.append(entry.name) }
        }
        var rewriter = ConnectionRewriter(file.backings), texts: [String: ScoreTemplate] = [:], done: Set<String> = []
        for name in order {
            guard let entry = entries[name] else { continue }
            let text = entry.value.map(\.template) ?? .value(name)
            let rewritten = rewriter.rewrite(text, variable: name, &draft)
            if rewritten != text { done.insert(name) }
            texts[name] = rewritten
            texts[name]?.replace(hosts: file.renamed)
        }
        for backing in neededBackings(service, file) { rewriter.need(backing, &draft) }
        for name in order {
            guard let entry = entries[name], var text = texts[name] else { continue }
            if !done.contains(name), let companion = rewriter.companion(text, variable: name, &draft) {
                text = companion
            } else if let secret = secret(text, variable: name, workload: draft.name) {
                let looks = "the value of '\(name)' looks like a secret and was left out; create the shared secret '\(secret)'"
                log.needed(entry.node, looks)
                text = .value(secret)
            } else {
                note(variablesOf: text, entry)
            }
            draft.use(text)
            try budget.spend(text.marked.utf8.count)
            container.variables[name] = text
        }
    }

    /// The backings that a service names as a dependency.
    private func neededBackings(_ service: SourceNode, _ file: ComposeFile) -> [Backing] {
        let links = (service["links"]?.texts ?? []).map { String($0.prefix { $0 != ":" }) }
        let names = Set(ComposeFile.dependencies(of: service).map(\.name) + links)
        return file.backings.filter { names.contains($0.service) }
    }

    private mutating func note(variablesOf text: ScoreTemplate, _ entry: ComposeEnvironment.Entry) {
        for part in text.parts where part.isReference && part.text.hasPrefix("env.") {
            let key = part.text.dropFirst("env.".count)
            let kind = ScoreName.isSecret(variable: String(key)) ? "secret" : "value"
            log.needed(entry.node, "Compose fills in '\(key)' from where it is started; create the shared \(kind) '\(key)'")
        }
        let defaulted = entry.value?.defaulted ?? []
        if !defaulted.isEmpty {
            log.changed(entry.node, "the default of \(defaulted.map { "'\($0)'" }.joined(separator: ", ")) was taken")
        }
    }

    /// The key of a shared secret for a literal value that most likely is one.
    mutating func secret(_ text: ScoreTemplate, variable: String, workload: String) -> String? {
        guard let literal = text.literal ?? Self.withPassword(text), !literal.isEmpty else { return nil }
        let isPlain =
            ["true", "false", "yes", "no"].contains(literal.lowercased()) || Int(literal) != nil && literal.utf8.count < 4
        guard (ScoreName.isSecret(variable: variable) && text.isLiteral && !isPlain) || Self.withPassword(text) != nil else {
            return nil
        }
        let key = ScoreName.valueKey(variable)
        if secretKeys[key] == nil || secretKeys[key] == literal {
            secretKeys[key] = literal
            return key
        }
        return ScoreName.valueKey(workload, variable)
    }

    /// The text, when it is an address with a password in it.
    private static func withPassword(_ text: ScoreTemplate) -> String? {
        guard let scheme = text.marked.utf8.firstRange(of: "://".utf8) else { return nil }
        let rest = text.marked.utf8[scheme.upperBound...].prefix { !"/?# ".utf8.contains($0) }
        guard let at = rest.lastIndex(of: UInt8(ascii: "@")), let colon = rest[..<at].firstIndex(of: UInt8(ascii: ":")) else {
            return nil
        }
        let password = rest[rest.index(after: colon)..<at]
        // A mark is no password that stands here.
        return password.isEmpty || password.contains(where: { $0 >= 0x80 }) ? nil : text.marked
    }
}
