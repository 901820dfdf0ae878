import AccessControl
import HTTPTypes
import PlatformModel
import ServiceRuntime

/// A request to a public route, as a handler sees it.
struct RouteCall: Sendable {
    let route: PublicRoute
    let parameters: [String: String]
    let query: [String: String]
    let body: [UInt8]
    let principal: Principal
    let lastEventID: String?

    /// A part of the path; the route's pattern names it, so it is always there.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    var orgID: String { parameter("orgId") }
    var appID: String { parameter("appId") }
    var envID: String { parameter("envId") }

    /// - Throws: 400 `bad_request`, naming the field.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do throws(JSONError) { return try JSON.decode(type, from: body) } catch {
            throw HTTPFailure(.badRequest, ErrorBody(error: "bad_request", message: error.message))
        }
    }

    func flag(_ name: String) -> Bool { query[name] == "true" }

    /// The room's own decision, with attributes read in the transaction of the action.
    func authorize(envType: String? = nil) throws {
        let target = AccessTarget(
            orgID: parameters["orgId"], appID: parameters["appId"], envType: envType)
        // Where an environment's type is not part of the question, the path decides.
        let decision =
            envType == nil
            ? decideFromPath(principal, route.action, on: target) : decide(principal, route.action, on: target)
        if let refusal = decision.refusal {
            throw HTTPFailure(HTTPResponse.Status(code: refusal.status), refusal.body)
        }
    }
}

/// What a handler answers.
struct RouteAnswer: Sendable {
    var status: HTTPResponse.Status
    /// nil: no content.
    var body: [UInt8]?

    static func ok(_ value: some Encodable) throws -> RouteAnswer { RouteAnswer(status: .ok, body: try JSON.encode(value)) }
    static func created(_ value: some Encodable) throws -> RouteAnswer {
        RouteAnswer(status: .created, body: try JSON.encode(value))
    }
    static func accepted(_ value: some Encodable) throws -> RouteAnswer {
        RouteAnswer(status: .accepted, body: try JSON.encode(value))
    }
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
        let details = (try? JSON(encoding: problems)) ?? []
        return HTTPFailure(
            .unprocessableContent,
            ErrorBody(
                error: code, message: problems.map(\.description).joined(separator: "\n"), details: ["problems": details]))
    }
}
