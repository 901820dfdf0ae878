/// The environment of a container.
extension PodConverter {
    mutating func setVariables(_ node: SourceNode, _ container: inout ContainerDraft) throws(ImportRefusal) {
        for source in node["envFrom"]?.elements ?? [] { try takeAll(source, &container) }
        for variable in node["env"]?.elements ?? [] {
            guard let name = variable["name"]?.text, !name.isEmpty, !name.contains("=") else {
                importer.log.wrong(variable, "a variable needs a name without '='")
                continue
            }
            if let from = variable["valueFrom"] {
                guard let value = value(from, name) else { continue }
                try set(name, value, variable, &container)
            } else {
                try set(name, literal(variable["value"]?.text ?? ""), variable, &container)
            }
        }
    }

    private mutating func set(
        _ name: String, _ value: ScoreTemplate, _ node: SourceNode, _ container: inout ContainerDraft
    ) throws(ImportRefusal) {
        var value = value
        if let key = importer.secret(value, variable: name, workload: draft.name) {
            importer.log.needed(
                node, "the value of '\(name)' looks like a secret and was left out; create the shared secret '\(key)'")
            value = .value(key)
        }
        draft.use(value)
        try importer.budget.spend(value.marked.utf8.count)
        container.variables[name] = value
    }

    private func literal(_ text: String) -> ScoreTemplate {
        var template = ScoreTemplate(literal: text)
        template.replace(hosts: hosts)
        return template
    }

    /// The value that a reference leads to; nil where Score has none.
    private mutating func value(_ from: SourceNode, _ variable: String) -> ScoreTemplate? {
        if let reference = from["secretKeyRef"] {
            return secret(reference["name"]?.text ?? "", reference["key"]?.text ?? "", reference)
        }
        if let reference = from["configMapKeyRef"] {
            let name = reference["name"]?.text ?? "", key = reference["key"]?.text ?? ""
            if let map = objects.configMaps[name] {
                used.configMaps.insert(name)
                if let text = map.texts[key] { return literal(text.text ?? "") }
            }
            let value = ScoreName.valueKey(name, key)
            if used.values.insert(value).inserted {
                importer.log.needed(
                    reference,
                    "the key '\(key)' of the ConfigMap '\(name)' is not in these files; create the shared value '\(value)'")
            }
            return .value(value)
        }
        importer.log.dropped(from, "Score has no fields of the pod: '\(variable)' is missing")
        return nil
    }

    /// The shared secret that stands for a key of a Secret.
    mutating func secret(_ name: String, _ key: String, _ node: SourceNode) -> ScoreTemplate {
        let value = ScoreName.valueKey(name, key)
        if used.values.insert(value).inserted {
            importer.log.needed(
                node, "create the shared secret '\(value)' for the key '\(key)' of the Secret '\(name)': no value is taken over")
        }
        return draft.value(value)
    }

    private mutating func takeAll(_ source: SourceNode, _ container: inout ContainerDraft) throws(ImportRefusal) {
        let prefix = source["prefix"]?.text ?? ""
        if let reference = source["configMapRef"] {
            let name = reference["name"]?.text ?? ""
            guard let map = objects.configMaps[name] else {
                return importer.log.dropped(reference, "the ConfigMap '\(name)' is not in these files: its variables are missing")
            }
            used.configMaps.insert(name)
            for key in map.keys where Self.isVariable(prefix + key) {
                guard let value = map.texts[key] else { continue }
                try set(prefix + key, literal(value.text ?? ""), value, &container)
            }
        } else if let reference = source["secretRef"] {
            let name = reference["name"]?.text ?? ""
            guard let keys = objects.secretKeys[name] else {
                return importer.log.dropped(
                    reference, "the Secret '\(name)' is not in these files: which variables it has is not known")
            }
            for key in keys where Self.isVariable(prefix + key) {
                let value = secret(name, key, reference)
                try importer.budget.spend(key.utf8.count)
                container.variables[prefix + key] = value
            }
        }
    }

    private static func isVariable(_ name: String) -> Bool { !name.isEmpty && !name.contains("=") }
}
