import PlatformModel
import Schemas

/// What resource types say of params, and of the outputs that placeholders name (humanitec.md 3.4).
extension GraphBuilder {
    /// A placeholder for an output of another resource.
    struct OutputUse {
        var asker: Int
        var placed: PlacedPlaceholder
        var resource: ResourceIdentity
        var output: String
    }

    /// Values that a placeholder makes are looked at when they are known.
    mutating func checkParams() {
        for draft in drafts where !draft.identity.isWorkload {
            guard let schemas = schemas(of: draft.identity.type), !schemas.acceptsAnyParams else { continue }
            let asked = draft.paramsOrigin.isEmpty ? draft.origin : draft.paramsOrigin
            for found in schemas.violations(ofParams: draft.params ?? [:], where: { $0.contains("${") }) {
                let place = JSONPointer(tokens: found.path.split { ".[]".contains($0) }.map(String.init))
                problems.append(
                    Problem(
                        code: "PLAN-113", path: "\(draft.identity) \(place)",
                        message: "\(found.message); the resource type '\(draft.identity.type)' says so (asked for by \(asked))",
                        suggestion: found.suggestion))
            }
        }
    }

    mutating func checkOutputs() {
        var known: [Int: [String]?] = [:]
        for use in uses {
            guard let number = numbers[use.resource] else { continue }
            let names = known[number] ?? outputs(of: drafts[number])
            known[number] = names
            guard let names, !names.contains(use.output) else { continue }
            let suggestion = problems.count < Self.suggestions ? nearestName(to: use.output, among: names) : nil
            let list = names.isEmpty ? "it has none" : "it has \(names.prefix(20).joined(separator: ", "))"
            problems.append(
                Problem(
                    code: "PLAN-107", path: "\(drafts[use.asker].identity) \(use.placed.place)",
                    message: "'\(use.placed.placeholder)': \(use.resource) has no output '\(use.output)'; \(list)",
                    suggestion: suggestion))
        }
    }

    /// Every name; nil where only the driver can tell.
    private mutating func outputs(of draft: Draft) -> [String]? {
        guard let definition = draft.match?.definition else { return nil }
        return KnownOutputs.names(driverType: definition.driverType, definition.driverInputs)
            ?? schemas(of: draft.identity.type)?.onlyOutputs
    }

    private mutating func schemas(of type: String) -> TypeSchemas? {
        if let known = schemas[type] { return known }
        guard let described = types[type] else { return nil }
        let read = TypeSchemas(described)
        schemas[type] = read
        return read
    }
}
