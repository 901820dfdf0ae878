import Planning
import PlatformModel

/// What a definition is tried with; what is left out stands for itself.
package struct DefinitionInputs: Sendable {
    /// `.resource` of templates.
    package var params: JSON = [:]
    /// Nil: one that a resource of the definition's type could have.
    package var resID: String?
    package var `class` = "default"
    package var values: [String: ResolvedDocument] = [:]
    /// Of the resources that the definition refers to.
    package var outputs = GivenOutputs()
    /// What selectors find: `dns<route` -> the outputs of each.
    package var selected: [String: [JSON]] = [:]
    /// What placeholders stand for whatever else is given: `context.env.id` -> value.
    package var placeholders: [String: ResolvedDocument] = [:]
    /// Texts for the leaves of `driver_inputs.secret_refs`; never shown.
    package var secrets: JSON = [:]
    /// The credentials of `driver_account`; never shown.
    package var account: JSON = [:]
    package var cookie: JSON?

    private static let keys = ["params", "context", "values", "outputs", "secrets", "account", "cookie", "placeholders"]
    /// As the reference's `resources test-definition` calls them.
    private static let aliases = ["resource": "params", "secretRefs": "secrets"]
    private static let contextKeys = ["res_id", "class"]

    package init() {}

    /// - Throws: `RENDER-101` for every key that is unknown and every part that has the wrong shape.
    package init(_ document: JSON, file: String) throws(PreviewProblems) {
        self.init()
        var problems: [Problem] = []
        func add(_ path: String, _ message: String, _ suggestion: String? = nil) {
            problems.append(Problem(code: "RENDER-101", file: file, path: path, message: message, suggestion: suggestion))
        }
        guard let written = document.isNull ? [:] : document.object else {
            add("", "a map with \(Self.keys.joined(separator: ", ")) is needed, not \(document.kind)")
            throw PreviewProblems(problems)
        }
        var members: [String: JSON] = [:]
        for (key, value) in written.sorted(by: { $0.key < $1.key }) {
            let name = Self.aliases[key] ?? key
            if !Self.keys.contains(name) {
                add(
                    key, "unknown key; the keys here are \(Self.keys.joined(separator: ", "))",
                    nearestName(to: key, among: Self.keys))
            } else if members[name] != nil {
                add(key, "is the same as '\(name)'; give one of them")
            }
            members[name] = value
        }
        for key in ["params", "context", "secrets", "account", "placeholders"]
        where members[key].map({ $0.object == nil && !$0.isNull }) == true {
            add(key, "a map is needed, not \(members[key]?.kind ?? "")")
        }
        for key in (members["context"]?.object ?? [:]).keys.sorted() {
            if !Self.contextKeys.contains(key) {
                add(
                    "context.\(key)", "unknown key; org, app, env and env-type are flags of the command",
                    nearestName(to: key, among: Self.contextKeys))
            } else if members["context"]?[key]?.string == nil {
                add("context.\(key)", "a text is needed")
            }
        }
        readPlaceholders(members["placeholders"]?.object ?? [:], add)
        params = Self.map(members["params"])
        secrets = Self.texts(Self.map(members["secrets"]))
        account = Self.map(members["account"])
        cookie = members["cookie"].flatMap { $0.isNull ? nil : $0 }
        resID = members["context"]?["res_id"]?.string ?? resID
        `class` = members["context"]?["class"]?.string ?? `class`
        do throws(PreviewProblems) {
            values = try SecretLeafDocument.sharedValues(members["values"] ?? .null, file: file)
            let others = readSelected(members["outputs"] ?? .null, add)
            outputs = try GivenOutputs(others, file: file)
        } catch { problems += error.problems }
        guard problems.isEmpty else { throw PreviewProblems(problems) }
    }

    private static func map(_ value: JSON?) -> JSON { value?.object == nil ? [:] : value ?? [:] }

    /// A leaf may be written as a reference with its value: `{value: text}`.
    private static func texts(_ secrets: JSON) -> JSON {
        guard case .object(let members) = secrets else { return secrets }
        if members.count == 1, let text = members["value"], text.string != nil { return text }
        return .object(members.mapValues(texts))
    }

    /// Placeholders are named as they are written, without `${` and `}`.
    private mutating func readPlaceholders(_ members: [String: JSON], _ add: (String, String, String?) -> Void) {
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let placeholder = (try? PlaceholderText("${\(key)}"))?.single else {
                add("placeholders.\(key)", "is no placeholder; write context.res.id, resources.TYPE.outputs.NAME, ...", nil)
                continue
            }
            let name = placeholder.path.joined(separator: ".")
            placeholders[name] =
                SecretLeafDocument.reference(value).map { ResolvedDocument(secret: $0) } ?? ResolvedDocument(value)
            // What other placeholders inherit.
            guard let text = value.string, !text.isEmpty else { continue }
            if name == "context.res.id" { resID = text }
            if name == "context.res.class" { `class` = text }
        }
    }

    /// Takes what selectors find out of the outputs: `A>B` and `A<B` have a list of outputs each.
    private mutating func readSelected(_ outputs: JSON, _ add: (String, String, String?) -> Void) -> JSON {
        guard case .object(var members) = outputs else { return outputs }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) where key.contains(where: { "<>".contains($0) }) {
            members[key] = nil
            guard let elements = value.array, elements.allSatisfy({ $0.object != nil }) else {
                add("outputs.\(key)", "a selector finds several: give a list with a map of outputs for each", nil)
                continue
            }
            selected[key] = elements
        }
        return .object(members)
    }
}
