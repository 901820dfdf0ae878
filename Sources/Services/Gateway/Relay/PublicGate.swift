import AccessControl
import AuditRules
import Auditing
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
    let states: OrganizationStates
    let own: OwnRoutes
    let relay: RoomRelay
    let rights: ApplicationRights
    let audit: GateAudit
    let clients: ClientAddress
    let limits: RateLimiter
    let idempotent: IdempotentAnswers
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
        let address = clients.of(request, context)
        // A HEAD is answered by the route of the GET.
        let method = request.method == .head ? "GET" : request.method.rawValue
        guard case .found(let match) = PublicRouteTable.publicAPI.match(method: method, path: request.uri.path) else {
            throw HTTPFailure.notFound("there is no route \(request.uri.path)")
        }
        if let address { try limits.take(match.route.cost, .address, address) }
        do { return try await answer(match, request, context, from: address) } catch let error as PostgresError where error.isAway
        {
            logger.error("the database gives no answer", metadata: ["cause": "\(error)"])
            throw HTTPFailure.unavailable("the gateway cannot reach its database at the moment; try again", retryAfter: 2)
        }
    }

    private func answer(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, from address: String?
    ) async throws -> Response {
        var entry = audit.entry(of: match, request, context)
        if AccessRule.rule(for: match.route.action).scope == .anyone {
            // What everybody may read leaves no record.
            guard match.route.method != "GET" else { return try await own.respond(match, request, context, nil, from: address) }
            return try await audit.requests.writes(entry) { try await own.respond(match, request, context, nil, from: address) }
        }
        let isWrite = match.route.method != "GET"
        let presented: TokenStore.Presented
        do { presented = try await authentication.presented(by: request.headers) } catch let failure as HTTPFailure {
            if isWrite { try await audit.refused(failure, nobody: entry) }
            throw failure
        }
        try limits.take(match.route.cost, .token, presented.id)
        try limits.take(match.route.cost, .user, presented.subject)
        (entry.actor, entry.tokenID) = (presented.subject, presented.id)
        let target = try await target(of: match), principal: Principal
        do { principal = try await admit(presented, match, target) } catch let failure as HTTPFailure {
            try await audit.refused(failure, match, in: target.orgID, entry)
            throw failure
        }
        entry.orgID = target.orgID
        // Only its own people count: nobody uses up what is another's.
        if let org = principal.orgID { try limits.take(match.route.cost, .organization, org) }
        let caller = OwnRoutes.Caller(presented: presented, principal: principal), whole = entry
        guard let key = try IdempotentAnswers.key(of: request, match), let org = principal.orgID else {
            return try await answer(match, request, context, caller, whole, from: address)
        }
        let body = try await relay.body(of: request, context)
        var request = request
        request.body = RequestBody(buffer: body ?? ByteBuffer())
        let buffered = request
        return try await idempotent.respond(
            key, of: principal, in: org, match, request, body: body.map { Array($0.readableBytesView) } ?? []
        ) { try await answer(match, buffered, context, caller, whole, from: address) }
    }

    /// By this room or by the one that the route belongs to.
    private func answer(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ caller: OwnRoutes.Caller, _ entry: AuditEntry,
        from address: String?
    ) async throws -> Response {
        guard match.route.room == .gateway else {
            return try await forward(match, request, context, caller.presented, caller.principal, entry)
        }
        guard match.route.method != "GET" else { return try await own.respond(match, request, context, caller, from: address) }
        // Also where it ended half-way.
        defer { principals.recent.forgetAll() }
        return try await audit.requests.writes(entry) { try await own.respond(match, request, context, caller, from: address) }
    }

    private func target(of match: MatchedRoute) async throws -> AccessTarget {
        var target = match.target
        // A token's route names no organisation: it is the service user's.
        if target.orgID == nil, let user = target.userID { target.orgID = try await principals.organization(ofServiceUser: user) }
        return target
    }

    /// The principal, when the path alone does not refuse them.
    private func admit(
        _ presented: TokenStore.Presented, _ match: MatchedRoute, _ target: AccessTarget
    ) async throws -> Principal {
        if AccessRule.rule(for: match.route.action).scope == .appliance {
            var principal = try await principals.appliancePrincipal(of: presented)
            principal.tokenID = presented.id
            return try Self.allowed(principal, match, target)
        }
        var principal = try await principals.principal(of: presented, in: target.orgID)
        if principal.orgID == nil, let org = target.orgID, principal.memberOf.contains(org) {
            try await refuseEndedSession(presented, in: org)
        }
        // A machine's token is good in its own organisation only; whoever is of another one is told nothing about this one.
        if let home = presented.orgID { try await states.refuse(home) }
        if let org = target.orgID, principal.orgID == org { try await states.refuse(org) }
        principal.tokenID = presented.id
        return try Self.allowed(principal, match, target)
    }

    private static func allowed(
        _ principal: Principal, _ match: MatchedRoute, _ target: AccessTarget
    ) throws(HTTPFailure) -> Principal {
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
        _ principal: Principal, _ entry: AuditEntry
    ) async throws -> Response {
        if match.route.kind == .stream {
            return try await relay.stream(match, request, context, principal) {
                // Between two looks a stream may outlive its token by the interval, and no longer.
                guard try await TokenStore.isLive(id: presented.id, authentication.pool) else { return false }
                do { _ = try await admit(presented, match, try await target(of: match)) } catch is HTTPFailure { return false }
                return true
            }
        }
        guard match.route.method != "GET" else {
            let body = try await relay.body(of: request, context)
            return try await RelayResponse.response(await relay.open(match, request, context, principal, body: body), context)
        }
        // Once the room has it, the record is the room's.
        let (asked, answer) = try await audit.requests.refusals(entry) {
            () async throws -> (ApplicationChange?, HTTPBodyStream) in
            let body = try await relay.body(of: request, context), asked = change(match, body, context, principal)
            if let asked { try await rights.ask(asked) }
            return (asked, try await relay.open(match, request, context, principal, body: body))
        }
        // Before anybody is told: whoever creates an application may work with it at once.
        if let asked { try await rights.settle(asked, status: answer.status) }
        return try await RelayResponse.response(answer, context)
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
