import PlatformModel
import Schemas
import ServiceRuntime

/// Contract: CreateResourceAccountRequestRequest and, without id and type, UpdateResourceAccountRequestRequest.
struct AccountRequest: Decodable, Sendable {
    var id: String?
    var type: String?
    var name: String?
    var credentials: [String: JSON]?

    /// Bytes of a name.
    private static let longestName = 200

    /// - Parameter before: the account that is changed; nil for a new one.
    /// - Throws: 400 with everything that is wrong, and nothing of the credentials.
    func accountType(changing before: ResourceAccount?) throws(HTTPFailure) -> AccountType {
        var problems: [Problem] = []
        func add(_ path: String, _ message: String, _ suggestion: String? = nil) {
            problems.append(Problem(code: "API-107", path: path, message: message, suggestion: suggestion))
        }
        if before == nil {
            switch id {
            case nil: add("id", "is needed")
            case let id? where !IdentifierRule.organization.acceptsNew(id):
                add("id", "'\(id.prefix(80))' cannot be the id of an account: \(IdentifierRule.organization.refusal(of: id))")
            default: break
            }
        }
        if before == nil || name != nil {
            let length = name?.utf8.count ?? 0
            if length == 0 || length > Self.longestName { add("name", "1 to \(Self.longestName) bytes are needed") }
        }
        if before != nil, name == nil, credentials == nil { add("credentials", "name or credentials, or both, are needed") }
        let word = before?.type ?? type ?? ""
        let found = AccountType.named(word)
        if found == nil {
            let names = AccountType.builtIn.map(\.type)
            let temporary =
                word.hasSuffix("-identity") || word.hasSuffix("-role")
                ? "; temporary credentials need an identity that the provider trusts, which this appliance does not have" : ""
            add(
                "type",
                "there is no type of accounts '\(word.prefix(80))'; there are \(names.joined(separator: ", "))\(temporary)",
                nearestName(to: word, among: names))
        }
        if before == nil, credentials == nil { add("credentials", "are needed") }
        if let found, let credentials, let schema = try? JSONSchema(found.inputsSchema) {
            for violation in schema.violations(of: .object(credentials), at: "credentials") {
                add(violation.path, violation.message, violation.suggestion)
            }
        }
        guard problems.isEmpty, let found else {
            throw HTTPFailure.invalid(
                problems.map(\.description).joined(separator: "\n"), details: HTTPFailure.details(problems))
        }
        return found
    }
}
