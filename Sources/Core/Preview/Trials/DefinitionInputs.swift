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
    /// Texts for the leaves of `driver_inputs.secret_refs`; never shown.
    package var secrets: JSON = [:]
    package var cookie: JSON?

    private static let keys = ["params", "context", "values", "outputs", "secrets", "cookie"]
    private static let contextKeys = ["res_id", "class"]

    package init() {}

    /// - Throws: `RENDER-101` for every key that is unknown and every part that has the wrong shape.
    package init(_ document: JSON, file: String) throws(PreviewProblems) {
        self.init()
        var problems: [Problem] = []
        func add(_ path: String, _ message: String, _ suggestion: String? = nil) {
            problems.append(Problem(code: "RENDER-101", file: file, path: path, message: message, suggestion: suggestion))
        }
        guard let members = document.isNull ? [:] : document.object else {
            add("", "a map with \(Self.keys.joined(separator: ", ")) is needed, not \(document.kind)")
            throw PreviewProblems(problems)
        }
        for key in members.keys.sorted() where !Self.keys.contains(key) {
            add(
                key, "unknown key; the keys here are \(Self.keys.joined(separator: ", "))", nearestName(to: key, among: Self.keys)
            )
        }
        for key in ["params", "context", "secrets"] where members[key].map({ $0.object == nil && !$0.isNull }) == true {
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
        params = members["params"] ?? [:]
        if params.isNull { params = [:] }
        secrets = members["secrets"] ?? [:]
        cookie = members["cookie"]
        resID = members["context"]?["res_id"]?.string
        `class` = members["context"]?["class"]?.string ?? `class`
        do throws(PreviewProblems) {
            values = try SecretLeafDocument.sharedValues(members["values"] ?? .null, file: file)
            outputs = try GivenOutputs(members["outputs"] ?? .null, file: file)
        } catch { problems += error.problems }
        guard problems.isEmpty else { throw PreviewProblems(problems) }
    }
}
