import PlatformModel

/// Reads `env` and `envFrom` of a container, and keeps apart what is secret.
struct VariableReader {
    let problems: ProblemList
    let data: PodData
    private(set) var plain: [String: String] = [:]
    private(set) var secret: [String: SealedText] = [:]
    private(set) var expansion = VariableExpansion()

    init(problems: ProblemList, data: PodData) {
        self.problems = problems
        self.data = data
    }

    mutating func read(_ container: ObjectFields) {
        for source in container.objects("envFrom") {
            let prefix = source.string("prefix") ?? ""
            for (key, kind) in [("secretRef", "Secret"), ("configMapRef", "ConfigMap")] {
                guard let reference = source.object(key) else { continue }
                let optional = reference.bool("optional") ?? false
                if let name = reference.required("name"), let members = members(kind, name, reference, optional) {
                    for (key, value) in members { define(prefix + key, value, isSecret: kind == "Secret") }
                }
                reference.finish()
            }
            source.finish()
        }
        for variable in container.objects("env") {
            guard let name = variable.required("name") else { continue }
            if name.utf8.contains(0) || name.contains("=") {
                variable.refuse("name", "a variable's name has no '='")
            } else if let source = variable.object("valueFrom") {
                readSource(name, source)
            } else {
                let (value, isSecret) = expansion.expand(variable.string("value") ?? "")
                define(name, value, isSecret: isSecret)
                if value.utf8.contains(0) { variable.refuse("value", "a variable cannot hold a NUL") }
            }
            variable.finish()
        }
    }

    private mutating func readSource(_ name: String, _ source: ObjectFields) {
        for (key, kind) in [("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")] {
            guard let reference = source.object(key) else { continue }
            defer { reference.finish() }
            let optional = reference.bool("optional") ?? false
            guard let object = reference.required("name"), let member = reference.required("key"),
                let members = members(kind, object, reference, optional)
            else { continue }
            if let value = members[member], !value.utf8.contains(0) {
                define(name, value, isSecret: kind == "Secret")
            } else if members[member] != nil {
                problems.add("DEP-103", reference.path, "a variable cannot hold a NUL")
            } else if !optional {
                problems.add(
                    "DEP-105", "\(reference.path).key", "\(kind) '\(object)' has no '\(member)'",
                    suggestion: nearestName(to: member, among: members.keys.sorted()))
            }
        }
        source.finish()
    }

    private func members(_ kind: String, _ name: String, _ reference: ObjectFields, _ optional: Bool) -> [String: String]? {
        let known = kind == "Secret" ? data.secrets : data.configMaps
        if let members = known[name] { return members }
        if !optional {
            problems.add(
                "DEP-105", "\(reference.path).name", "no \(kind) '\(name)' is in the bundle",
                suggestion: nearestName(to: name, among: known.keys.sorted()))
        }
        return nil
    }

    private mutating func define(_ name: String, _ value: String, isSecret: Bool) {
        plain[name] = isSecret ? nil : value
        secret[name] = isSecret ? SealedText(value) : nil
        expansion.known[name] = (value, isSecret)
    }
}
