import AccessControl
import HTTPTypes
import Hummingbird
import Logging
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
    let roles: RoleDesk
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
                return try await own.respond(match, request, context, .init(presented: presented, principal: principal))
            }
            return try await forward(match, request, context, presented, principal)
        } catch let error as PostgresError where error.isTransient {
            logger.error("the database gives no answer", metadata: ["cause": "\(error)"])
            throw HTTPFailure.unavailable("the gateway cannot reach its database at the moment; try again", retryAfter: 2)
        }
    }

    /// The principal, when the path alone does not refuse them.
    private func admit(_ presented: TokenStore.Presented, _ match: MatchedRoute) async throws -> Principal {
        let principal = try await principals.principal(of: presented, in: match.orgID)
        if let refusal = decideFromPath(principal, match.route.action, on: match.target).refusal {
            throw HTTPFailure(HTTPResponse.Status(code: refusal.status), refusal.body)
        }
        return principal
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
        let answer = try await relay.open(match, request, context, principal)
        switch (match.route.action, answer.status) {
        case (.createApplication, 201): return try await giveToCreator(answer, match, principal)
        case (.deleteApplication, 202), (.deleteApplication, 204):
            if let org = match.orgID, let app = match.appID { try await roles.forgetApplication(app, in: org) }
        default: break
        }
        return RelayResponse.response(answer, context)
    }

    /// Makes the creator of an application its owner, before they are told that it exists.
    private func giveToCreator(_ answer: HTTPBodyStream, _ match: MatchedRoute, _ principal: Principal) async throws -> Response {
        let bytes = try await answer.collect(upTo: 1 << 20)
        if let org = match.orgID, let id = try? JSON.parse(bytes)["id"]?.string {
            try await roles.makeOwner(principal, ofApplication: id, in: org)
        }
        return .json(bytes: bytes, status: HTTPResponse.Status(code: answer.status), headers: answer.headers)
    }
}
