import AccessControl
import AuditRules
import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// A request to a public route, as a handler sees it.
struct RouteCall: Sendable {
    let route: PublicRoute
    let parameters: [String: String]
    /// Those of the route's table only.
    let query: [String: String]
    let body: [UInt8]
    let principal: Principal
    /// The client's word that this is one and the same request, however often it is sent.
    var idempotencyKey: String?
    /// What the client has read before it changes it.
    var ifMatch: String?
    /// Whether it must say so.
    var requiresMatch = false
    /// Names in the query that the route does not have, sorted.
    var unknownQuery: [String] = []

    /// A part of the path; the route's pattern names it, so it is always there.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    var orgID: String { parameter("orgId") }
    var appID: String { parameter("appId") }
    var envID: String { parameter("envId") }

    /// - Throws: 400 `bad_request`, naming the field.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try refuseNUL()
        do throws(JSONError) { return try JSON.decode(type, from: body) } catch {
            throw HTTPFailure(.badRequest, ErrorBody(error: "bad_request", message: error.message))
        }
    }

    /// PostgreSQL's texts cannot hold a NUL, and no name or document needs one.
    private func refuseNUL() throws {
        guard body.contains(Array(#"\u0000"#.utf8)), let document = try? JSON.parse(body), document.hasNUL else { return }
        throw HTTPFailure.invalid("the body has a text with a NUL character, which cannot be stored")
    }

    /// The id of what this request creates, in hex digits. With an `Idempotency-Key` it is the same each time that the same person
    /// sends that key to this path, so that a request whose answer was lost finds what it made; without one it is new.
    func newID(digits: Int) -> String {
        guard let idempotencyKey else { return String(RandomIdentifier.long().prefix(digits)) }
        let path = parameters.sorted { $0.key < $1.key }.map(\.value)
        let parts = [route.method, route.pattern, principal.id, idempotencyKey] + path
        return String(SHA256.hex(parts.joined(separator: "\u{1f}")).prefix(digits))
    }

    func flag(_ name: String) -> Bool { query[name] == "true" }

    /// What the path alone decides; asked before every handler.
    func authorize() throws {
        try Self.refuse(decideFromPath(principal, route.action, on: target(envType: nil)))
    }

    /// The room's own decision about an environment, whose type was read in the transaction of the action.
    ///
    /// - Parameter action: nil for the route's own.
    func authorize(_ action: Action? = nil, envType: String) throws {
        try Self.refuse(decide(principal, action ?? route.action, on: target(envType: envType)))
    }

    private func target(envType: String?) -> AccessTarget {
        AccessTarget(orgID: parameters["orgId"], appID: parameters["appId"], envType: envType)
    }

    private static func refuse(_ decision: Decision) throws {
        guard let refusal = decision.refusal else { return }
        throw HTTPFailure(HTTPResponse.Status(code: refusal.status), refusal.body)
    }
}

/// What a handler answers.
struct RouteAnswer: Sendable {
    var status: HTTPResponse.Status
    /// nil: no content.
    var body: [UInt8]?
    /// Of what people edit.
    var tag: EntityTag?

    static func ok(_ value: some Encodable) throws -> RouteAnswer { RouteAnswer(status: .ok, body: try JSON.encode(value)) }
    static func created(_ value: some Encodable) throws -> RouteAnswer {
        RouteAnswer(status: .created, body: try JSON.encode(value))
    }
    static func accepted(_ value: some Encodable) throws -> RouteAnswer {
        RouteAnswer(status: .accepted, body: try JSON.encode(value))
    }
    /// The answer will not be the route's own: for the record, which is made before. Inside the transaction.
    static func willBe(_ status: Int) { AuditTrail.note { $0.status = status } }

    static let accepted = RouteAnswer(status: .accepted, body: nil)
    static let noContent = RouteAnswer(status: .noContent, body: nil)
}

/// A handler of one route of the public table.
struct RouteHandler: Sendable {
    let method: String
    let pattern: String
    let handle: @Sendable (RouteCall) async throws -> RouteAnswer

    init(_ method: String, _ pattern: String, _ handle: @escaping @Sendable (RouteCall) async throws -> RouteAnswer) {
        self.method = method
        self.pattern = pattern
        self.handle = handle
    }
}

extension JSON {
    fileprivate var hasNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains(where: \.hasNUL)
        case .object(let members): members.contains { $0.key.utf8.contains(0) || $0.value.hasNUL }
        case .null, .bool, .int, .double: false
        }
    }
}

extension HTTPFailure {
    /// 404 in the same words for what is not there and what may not be seen.
    static func notFound(_ thing: String, _ id: String) -> HTTPFailure {
        HTTPFailure(.notFound, ErrorBody(error: "not_found", message: "there is no \(thing) '\(id)' here, or you may not see it"))
    }

    static func conflict(_ message: String, details: JSON? = nil) -> HTTPFailure {
        HTTPFailure(.conflict, ErrorBody(error: "conflict", message: message, details: details))
    }

    static func invalid(_ message: String, details: JSON? = nil) -> HTTPFailure {
        HTTPFailure(.badRequest, ErrorBody(error: "bad_request", message: message, details: details))
    }

    /// 422 with every problem, each with file, line and column where it has them.
    static func problems(_ code: String, _ problems: [Problem]) -> HTTPFailure {
        let lines = problems.prefix(mostProblems).map(\.description)
        return HTTPFailure(
            .unprocessableContent,
            ErrorBody(error: code, message: lines.joined(separator: "\n"), details: details(problems)))
    }
}
