import AccessControl
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// What stands before every public route: who asks, may they, and who answers.
struct PublicGate: Sendable {
    let authentication: Authentication
    let principals: PrincipalDesk
    let own: OwnRoutes
    let relay: RoomRelay
    let rights: ApplicationRights
    let logger: Logger

    /// Registers every route of the public table.
    func add(to router: RoomRouter) {
        let group = router.network()
        for route in PublicRoute.all {
            guard let method = HTTPRequest.Method(route.method) else { continue }
            group.bodies(upTo: route.bodyLimit).on(RouterPath(route.pattern), method: method) { request, context in
                try await respond(request, context)
            }
        }
    }

    private func respond(_ request: Request, _ context: RoomContext) async throws -> Response {
        // A HEAD is answered by the route of the GET.
        let method = request.method == .head ? "GET" : request.method.rawValue
        guard case .found(let match) = PublicRouteTable.publicAPI.match(method: method, path: request.uri.path) else {
            throw HTTPFailure.notFound("there is no route \(request.uri.path)")
        }
        do {
            if AccessRule.rule(for: match.route.action).scope == .anyone {
                return try await own.respond(match, request, context, nil)
            }
            let presented = try await authentication.presented(by: request.headers)
            let principal = try await admit(presented, match)
            if match.route.room == .gateway {
                // Also where it ended half-way.
                defer { if method != "GET" { principals.recent.forgetAll() } }
                return try await own.respond(match, request, context, .init(presented: presented, principal: principal))
            }
            return try await forward(match, request, context, presented, principal)
        } catch let error as PostgresError where error.isAway {
            logger.error("the database gives no answer", metadata: ["cause": "\(error)"])
            throw HTTPFailure.unavailable("the gateway cannot reach its database at the moment; try again", retryAfter: 2)
        }
    }

    /// The principal, when the path alone does not refuse them.
    private func admit(_ presented: TokenStore.Presented, _ match: MatchedRoute) async throws -> Principal {
        var target = match.target
        // A token's route names no organisation: it is the service user's.
        if target.orgID == nil, let user = target.userID { target.orgID = try await principals.organization(ofServiceUser: user) }
        let principal = try await principals.principal(of: presented, in: target.orgID)
        if principal.orgID == nil, let org = target.orgID, principal.memberOf.contains(org) {
            try await refuseEndedSession(presented, in: org)
        }
        if let refusal = decideFromPath(principal, match.route.action, on: target).refusal {
            throw HTTPFailure(HTTPResponse.Status(code: refusal.status), refusal.body)
        }
        return principal
    }

    /// - Throws: 401 where an administrator has ended the sessions of before.
    private func refuseEndedSession(_ presented: TokenStore.Presented, in org: String) async throws {
        guard case .user(let id)? = Subject(presented.subject),
            let since = try await TokenStore.sessionsSince(ofUser: id, in: org, authentication.pool), presented.createdAt < since
        else { return }
        throw Authentication.refused
    }

    private func forward(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ presented: TokenStore.Presented,
        _ principal: Principal
    ) async throws -> Response {
        if match.route.kind == .stream {
            return try await relay.stream(match, request, context, principal) {
                // Between two looks a stream may outlive its token by the interval, and no longer.
                guard try await TokenStore.isLive(id: presented.id, authentication.pool) else { return false }
                do { _ = try await admit(presented, match) } catch is HTTPFailure { return false }
                return true
            }
        }
        let body = try await relay.body(of: request, context)
        guard let change = change(match, body, context, principal) else {
            return RelayResponse.response(try await relay.open(match, request, context, principal, body: body), context)
        }
        try await rights.ask(change)
        let answer = try await relay.open(match, request, context, principal, body: body)
        // Before anybody is told: whoever creates an application may work with it at once.
        try await rights.settle(change, status: answer.status)
        return RelayResponse.response(answer, context)
    }

    /// The application or environment type that the request would make or take away. Nil also where the room will refuse the request.
    private func change(
        _ match: MatchedRoute, _ body: ByteBuffer?, _ context: RoomContext, _ principal: Principal
    ) -> ApplicationChange? {
        guard let org = match.orgID else { return nil }
        let kind: ApplicationChange.Kind, app: String?
        var level = RoleLevel.application
        switch (match.route.action, match.route.method) {
        case (.createApplication, _): (kind, app) = (.create, id(in: body))
        case (.deleteApplication, _): (kind, app) = (.delete, match.appID)
        case (.changeEnvironmentTypes, "POST"): (kind, app, level) = (.create, id(in: body), .environmentType)
        case (.changeEnvironmentTypes, "DELETE"):
            (kind, app, level) = (.delete, match.parameters["envTypeId"], .environmentType)
        default: return nil
        }
        guard let app, IdentifierRule.application.accepts(app) else { return nil }
        return ApplicationChange(
            id: context.requestID, orgID: org, appID: app, subject: principal.id, kind: kind, level: level)
    }

    private func id(in body: ByteBuffer?) -> String? {
        body.flatMap { try? JSON.parse(Array($0.readableBytesView))["id"]?.string }
    }
}
