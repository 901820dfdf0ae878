import AccessControl
import PlatformModel
import Schemas

/// `docs/reference/openapi.json`, and what an answer does against it: also what it says nothing of is untrue.
struct APIDocumentChecks: Sendable {
    static let shared: APIDocumentChecks = {
        do {
            return APIDocumentChecks(document: try JSON.parse(Array(try Document("docs/reference/openapi.json").text.utf8)))
        } catch {
            return APIDocumentChecks(document: [:])
        }
    }()

    let document: JSON
    /// The same where objects have the members that are named, and no others.
    private let strict: JSON

    private init(document: JSON) {
        self.document = document
        strict = Self.closed(document)
    }

    /// What is untrue about a request that was answered so.
    func problems(_ method: String, _ path: String, _ body: JSON?, _ status: Int, _ answer: JSON?) -> [String] {
        let bare = String(path.prefix { $0 != "?" })
        guard case .found(let match) = PublicRouteTable.publicAPI.match(method: method, path: bare) else { return [] }
        let place = ["paths", match.route.pattern, method.lowercased()]
        guard let operation = value(at: place) else { return ["the document does not have it"] }
        var found: [String] = []
        // A body that is taken, where one is read at all.
        let taken = place + ["requestBody", "content", "application/json", "schema"]
        if status < 300, let body, value(at: taken) != nil { found += violations(of: body, at: taken, in: document) }
        guard let response = operation["responses"]?[String(status)] else { return found + ["it documents no \(status) here"] }
        let reference = response["$ref"]?.string.map { $0.dropFirst(2).split(separator: "/").map(String.init) }
        let content = (reference ?? place + ["responses", String(status)]) + ["content", "application/json", "schema"]
        switch (answer, value(at: content)) {
        case (nil, nil): break
        case (nil, _?): found.append("there is no body")
        case (_?, nil): found.append("it documents no body")
        case (let answer?, _?): found += violations(of: answer, at: content, in: strict)
        }
        return found
    }

    /// The operations, as the table of routes would have them.
    var operations: [(method: String, pattern: String, operation: JSON)] {
        (document["paths"]?.object ?? [:]).flatMap { pattern, methods in
            (methods.object ?? [:]).map { (method: $0.key.uppercased(), pattern: pattern, operation: $0.value) }
        }
    }

    /// The names of an operation's parameters in one place: `path`, `query`.
    func parameters(of operation: JSON, in place: String) -> Set<String> {
        let all = (operation["parameters"]?.array ?? []).compactMap { parameter in
            parameter["$ref"]?.string.map { value(at: $0.dropFirst(2).split(separator: "/").map(String.init)) } ?? parameter
        }
        return Set(all.filter { $0["in"]?.string == place }.compactMap { $0["name"]?.string })
    }

    func value(at place: [String]) -> JSON? { place.reduce(document as JSON?) { $0?[$1] } }

    private func violations(of value: JSON, at place: [String], in root: JSON) -> [String] {
        guard var members = root.object else { return ["the document is no object"] }
        let pointer = place.map { $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined(separator: "/")
        members["$ref"] = .string("#/" + pointer)
        do {
            return try JSONSchema(.object(members)).violations(of: value).map { "\($0.path): \($0.message)" }
        } catch {
            return ["\(pointer): \(error)"]
        }
    }

    private static func closed(_ value: JSON) -> JSON {
        switch value {
        case .object(var members):
            members = members.mapValues(closed)
            if members["properties"]?.object != nil, members["type"] == "object", members["additionalProperties"] == nil {
                members["additionalProperties"] = false
            }
            return .object(members)
        case .array(let elements): return .array(elements.map(closed))
        default: return value
        }
    }
}
