import PlatformModel
import Templating

/// The templates of a definition, parsed.
struct TemplateInputs {
    /// In the order in which they are evaluated.
    static let names = ["init", "cookie", "manifests", "outputs", "secrets"]

    /// A document in which every text is a template.
    indirect enum Document {
        case template(Template)
        case object([String: Document])
        case array([Document])
        case value(JSON)

        var templates: [Template] {
            switch self {
            case .template(let template): [template]
            case .object(let members): members.values.flatMap(\.templates)
            case .array(let elements): elements.flatMap(\.templates)
            case .value: []
            }
        }
    }

    private(set) var documents: [String: Document] = [:]

    var usesRandomness: Bool { documents.values.contains { $0.templates.contains { $0.usesRandomness } } }

    /// All that is wrong at once; no inputs then.
    static func read(
        _ request: DriverRequest, _ cache: inout DriverCache
    ) -> (inputs: TemplateInputs?, problems: [Problem]) {
        var inputs = TemplateInputs(), problems: [Problem] = []
        guard let templates = request.values["templates"]?.object else {
            let message =
                switch request.values["templates"] {
                case nil: "missing; give an object with one or more of \(names.joined(separator: ", "))"
                case let other?: "an object is needed, not \(other.kind)"
                }
            return (nil, [Problem(code: "DRV-201", path: "driver_inputs.values.templates", message: message)])
        }
        if let more = request.secrets["templates"]?.object, !more.isEmpty {
            problems.append(
                Problem(
                    code: "DRV-201", path: "driver_inputs.secrets.templates",
                    message:
                        "templates stand under driver_inputs.values.templates; the one named 'secrets' there makes secret outputs"
                ))
        }
        for key in templates.keys.sorted() {
            guard names.contains(key) else {
                problems.append(
                    Problem(
                        code: "DRV-201", path: "driver_inputs.values.templates.\(key)", message: "unknown template",
                        suggestion: nearestName(to: key, among: names)))
                continue
            }
            inputs.documents[key] = document(templates[key] ?? .null, name: key, depth: 0, &cache, &problems)
        }
        return (problems.isEmpty ? inputs : nil, problems)
    }

    private static func document(
        _ json: JSON, name: String, depth: Int, _ cache: inout DriverCache, _ problems: inout [Problem]
    ) -> Document {
        guard depth < 20 else {
            problems.append(
                Problem(
                    code: "DRV-201", path: "driver_inputs.values.templates.\(name)",
                    message: "nests deeper than 20; write it as one text"))
            return .value(json)
        }
        switch json {
        case .string(let text):
            do throws(TemplateError) {
                return .template(try cache.template(text, name: name))
            } catch {
                problems.append(
                    Problem(
                        code: "DRV-202", file: "templates.\(name)", line: error.line, column: error.column,
                        path: "driver_inputs.values.templates.\(name)", message: error.message, suggestion: error.suggestion))
                return .value(json)
            }
        case .object(let members):
            var documents: [String: Document] = [:]
            for key in members.keys.sorted() {
                documents[key] = document(
                    members[key] ?? .null, name: "\(name).\(key)", depth: depth + 1, &cache, &problems)
            }
            return .object(documents)
        case .array(let elements):
            return .array(
                elements.enumerated().map { document($1, name: "\(name).\($0)", depth: depth + 1, &cache, &problems) })
        default: return .value(json)
        }
    }
}
