import Planning
import PlatformModel
import YAML

/// The resource definitions and types of files and folders.
struct DefinitionFolder: Sendable {
    var definitions: [ResourceDefinition] = []
    var types: [ResourceType] = []
    /// Definition -> where it is written.
    var origins: [String: DefinitionOrigin] = [:]

    /// Documents of other kinds are left out of folders, since a repository holds more than definitions.
    static func read(
        _ paths: [String], orgID: String, input: (Int) -> [UInt8]?
    ) throws(CommandFailure) -> DefinitionFolder {
        var folder = DefinitionFolder()
        guard !paths.isEmpty else { return folder }
        for document in try EntityReader.read(paths, input: input, leavingOutOthers: true) {
            switch document.kind {
            case .definition:
                folder.definitions.append(try ResourceDefinition(document, orgID: orgID))
                folder.origins[document.id] = DefinitionOrigin(file: document.file, line: document.mark.line)
            case .resourceType:
                folder.types.append(
                    ResourceType(
                        type: document.id, name: document.entity["name"]?.string ?? document.id,
                        category: document.entity["category"]?.string ?? "", use: document.entity["use"]?.string ?? "direct",
                        inputsSchema: document.entity["inputs_schema"] ?? [:],
                        outputsSchema: document.entity["outputs_schema"] ?? [:]))
            case .environmentType, .resourceClass, .driver, .workloadProfile, .application, .environment: continue
            }
        }
        return folder
    }
}

/// The document that describes a definition.
struct DefinitionOrigin: Sendable, Hashable {
    var file: String
    var line: Int

    /// Problems of definitions, each at its document.
    static func placed(_ problems: [Problem], _ origins: [String: DefinitionOrigin]) -> [Problem] {
        problems.map { problem in
            guard problem.file == nil, let start = problem.path.firstRange(of: "definition '")?.upperBound,
                let end = problem.path[start...].firstIndex(of: "'"), let origin = origins[String(problem.path[start..<end])]
            else { return problem }
            var placed = problem
            placed.file = origin.file
            placed.line = origin.line
            return placed
        }
    }
}

extension ResourceDefinition {
    /// A document as the server would keep it: a secret that it is written with becomes a reference at once, and is never looked at.
    init(_ document: EntityDocument, orgID: String) throws(CommandFailure) {
        let entity = document.entity, inputs = entity["driver_inputs"]
        var references = Self.kept(inputs?["secret_refs"] ?? [:], ["orgs", orgID, "definitions", document.id])
        let secrets = Self.stored(inputs?["secrets"] ?? [:], ["orgs", orgID, "definitions", document.id])
        references = Self.merge(secrets, into: references)
        do throws(JSONError) {
            self.init(
                id: document.id, name: entity["name"]?.string ?? document.id, type: entity["type"]?.string ?? "",
                driverType: entity["driver_type"]?.string ?? "", driverAccount: entity["driver_account"]?.string,
                driverInputs: DriverInputs(values: inputs?["values"] ?? [:], secretRefs: references),
                criteria: try (entity["criteria"] ?? []).decode([MatchingCriteria].self),
                provision: try (entity["provision"] ?? [:]).decode([String: CoProvision].self))
        } catch { throw CommandFailure(.failed, "\(document.file):\(document.mark.line): \(document.title): \(error.message)") }
        for index in criteria.indices { criteria[index].id = "\(index + 1)" }
    }

    /// A reference where each secret was.
    private static func stored(_ value: JSON, _ path: [String]) -> JSON {
        guard case .object(let members) = value else {
            if let text = value.string, MadeSecret.isMade(text) { return ["value": value] }
            return ["store": "built-in", "ref": .string(path.joined(separator: "/"))]
        }
        return .object(
            Dictionary(uniqueKeysWithValues: members.map { ($0.key, stored($0.value, path + [$0.key])) }))
    }

    /// References stay; one that is written with its value is kept like a secret, unless the value is made by placeholders.
    private static func kept(_ value: JSON, _ path: [String]) -> JSON {
        guard case .object(let members) = value else { return value }
        if let text = members["value"]?.string, members.keys.allSatisfy(["value", "store", "ref", "version"].contains) {
            return text.contains("${") ? value : stored(.string(text), path)
        }
        return .object(Dictionary(uniqueKeysWithValues: members.map { ($0.key, kept($0.value, path + [$0.key])) }))
    }

    private static func merge(_ more: JSON, into base: JSON) -> JSON {
        guard case .object(let above) = more, case .object(let below) = base else { return more }
        return .object(below.merging(above) { merge($1, into: $0) })
    }
}
