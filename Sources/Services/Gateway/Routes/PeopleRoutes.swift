import AccessControl
import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// The contract's routes about who is in an organisation and holds which role on what.
struct PeopleRoutes: Sendable {
    let people: PeopleDesk
    let groups: GroupDesk
    let invitations: InvitationDesk

    /// nil for a route that is none of these.
    func respond(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ caller: Principal
    ) async throws -> Response? {
        let org = match.orgID ?? "", user = match.parameters["userId"] ?? ""
        switch (match.route.action, match.parameters["groupId"]) {
        case (.viewInvitations, _): return try .json(try await invitations.list(in: org))
        case (.invite, _):
            let body = try await StrictBody.open(InvitationRequest.self, from: request, context)
            return try .json(try await invitations.invite(body, in: org, by: caller))
        case (.createServiceUser, _):
            let body = try await StrictBody.open(ServiceUserRequest.self, from: request, context)
            return try .json(try await people.createServiceUser(body, in: org, by: caller))
        case (.createGroup, _):
            let keys = GroupRequest.CodingKeys.allCases.map(\.rawValue)
            let body = try await StrictBody.decode(GroupRequest.self, keys: keys, from: request, context)
            return try .json(try await groups.create(body, in: org, by: caller))
        case (.viewUsers, let group?): return try .json(try await groups.members(ofGroup: group, in: org))
        case (.viewPermissions, _):
            return match.route.pattern.hasSuffix("/groups")
                ? try .json(try await groups.groups(of: user, in: org))
                : try .json(try await groups.permissions(of: user, in: org))
        case (.viewUsers, _), (.viewAppUsers, _), (.viewEnvTypeUsers, _):
            let place = Self.place(match)
            guard match.parameters["userId"] != nil else {
                let type = request.uri.queryParameters["type"].map(String.init)
                return try .json(try await people.list(on: place, type: type, in: org, by: caller))
            }
            return try .json(try await people.get(user, on: place, in: org, by: caller))
        case (.changeUsers, _), (.changeAppUsers, _), (.changeEnvTypeUsers, _):
            return try await change(match, user, request, context, caller)
        default: return nil
        }
    }

    private func change(
        _ match: MatchedRoute, _ user: String, _ request: Request, _ context: RoomContext, _ caller: Principal
    ) async throws -> Response {
        let org = match.orgID ?? "", place = Self.place(match)
        guard match.route.method != "DELETE" else {
            try await people.take(from: user, on: place, in: org, by: caller)
            return .empty()
        }
        let body = try await StrictBody.open(RoleRequest.self, from: request, context)
        guard match.route.method == "POST" else {
            return try .json(
                try await people.give(body.role, to: user, on: place, mustHold: true, in: org, by: caller))
        }
        guard let id = body.id else {
            throw HTTPFailure.invalid([
                Problem(code: "API-102", path: "id", message: "whose role is it? Give an id, a user name or a mail address")
            ])
        }
        return try .json(try await people.give(body.role, to: id, on: place, mustHold: false, in: org, by: caller))
    }

    private static func place(_ match: MatchedRoute) -> RolePlace {
        if let app = match.appID { return RolePlace(level: .application, object: app) }
        if let type = match.parameters["envTypeId"] { return RolePlace(level: .environmentType, object: type) }
        return .organization
    }
}
