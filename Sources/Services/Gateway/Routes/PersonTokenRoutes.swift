import AccessControl
import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// The tokens of a service user and the sessions of a person. Whoever gets here is an administrator of the service user's organisation, or
/// asks about themselves.
struct PersonTokenRoutes: Sendable {
    let desk: PersonTokenDesk

    /// nil for a route that is none of these.
    func respond(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ caller: OwnRoutes.Caller
    ) async throws -> Response? {
        let user = match.parameters["userId"] ?? ""
        switch match.route.action {
        case .viewSessions:
            let person = try await desk.person(named: user, in: match.orgID ?? "")
            return try .json(try await desk.sessions(of: person, in: match.orgID ?? "", present: caller.presented.id))
        case .endSessions:
            let org = match.orgID ?? "", person = try await desk.person(named: user, in: org)
            try await desk.endSessions(of: person, in: org, by: caller.principal)
            return .empty()
        case .viewPersonTokens, .createPersonToken, .endPersonToken: break
        default: return nil
        }
        let token = match.parameters["tokenId"]
        guard let subject = Subject(caller.principal.id), subject.isPerson, AccessTarget(userID: user).isAbout(caller.principal)
        else { return try await ofServiceUser(match, user, token, request, context, caller) }
        return try await ofPerson(match.route.action, subject, token, caller)
    }

    private func ofPerson(
        _ action: Action, _ person: Subject, _ token: String?, _ caller: OwnRoutes.Caller
    ) async throws -> Response {
        switch (action, token) {
        case (.viewPersonTokens, nil):
            return try .json(try await desk.sessions(of: person, present: caller.presented.id))
        case (.viewPersonTokens, let id?):
            return try .json(try await desk.session(id, of: person, present: caller.presented.id))
        case (.endPersonToken, let id?):
            try await desk.endSession(id, of: person)
            return .empty()
        default: throw HTTPFailure.badRequest("only service users have static tokens; people sign in")
        }
    }

    private func ofServiceUser(
        _ match: MatchedRoute, _ user: String, _ token: String?, _ request: Request, _ context: RoomContext,
        _ caller: OwnRoutes.Caller
    ) async throws -> Response {
        let org = caller.principal.orgID ?? "", id = user.hasPrefix("service:") ? String(user.dropFirst(8)) : user
        switch (match.route.action, token) {
        case (.createPersonToken, _):
            let body = try await StrictBody.open(TokenDefinition.self, from: request, context)
            let made = try await desk.create(body, ofServiceUser: id, in: org, by: caller.presented)
            return try .json(made, headers: [.cacheControl: "no-store"])
        case (.endPersonToken, let token?):
            try await desk.delete(token, ofServiceUser: id, in: org, by: caller.principal)
            return .empty()
        case (_, let token?): return try .json(try await desk.get(token, ofServiceUser: id, in: org))
        default: return try .json(try await desk.list(ofServiceUser: id, in: org))
        }
    }
}
