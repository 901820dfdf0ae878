import AccessControl
import HTTPTypes
import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// The public routes that the gateway answers itself. Whoever gets here was let in by `PublicGate`.
struct OwnRoutes: Sendable {
    let document: APIDocument
    let signIns: SignInDesk
    let tokens: ServiceTokenDesk
    let principals: PrincipalDesk
    let profiles: ProfileDesk
    let people: PeopleRoutes
    let administrators: AdministratorDesk
    let personTokens: PersonTokenRoutes
    let trusts: TrustRoutes
    let auditLog: AuditLogDesk

    struct Caller: Sendable {
        let presented: TokenStore.Presented
        let principal: Principal
    }

    /// - Parameters:
    ///   - caller: nil on the routes that need nobody.
    ///   - address: The client's.
    func respond(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ caller: Caller?, from address: String?
    ) async throws -> Response {
        switch (match.route.method, match.route.action) {
        case (_, .viewDocument): return try document.respond(to: request)
        case (_, .signIn):
            let body = try await StrictBody.decode(SignInRequest.self, keys: ["username", "password"], from: request, context)
            return try .json(try await signIns.signIn(body, from: address), headers: [.cacheControl: "no-store"])
        case (_, .exchangeToken): return try await trusts.exchange(request, context)
        case (_, .signOut):
            if let caller { try await TokenStore.delete(id: caller.presented.id, tokens.pool) }
            return .empty()
        case (_, .viewSelf):
            guard let caller else { break }
            return try .json(try await principals.profile(of: caller.principal, presenting: caller.presented))
        case (_, .changeSelf):
            guard let caller else { break }
            try await profiles.change(try await StrictBody.open(ProfileChange.self, from: request, context), of: caller.principal)
            return try .json(try await principals.profile(of: caller.principal, presenting: caller.presented))
        case (_, .viewAuditLog): return try await log(match, request)
        case (let method, .repairAccess):
            let org = match.orgID ?? ""
            switch method {
            case "GET": return try .json(try await administrators.list(in: org))
            case "POST":
                let body = try await StrictBody.decode(AdministratorRequest.self, keys: ["id"], from: request, context)
                return try .json(try await administrators.give(body, in: org))
            default:
                try await administrators.take(from: match.parameters["userId"] ?? "", in: org)
                return .empty()
            }
        case (_, .viewTokens):
            return try .json(try await tokens.list(in: match.orgID ?? ""))
        case ("POST", .changeTokens):
            let keys = ServiceTokenRequest.CodingKeys.allCases.map(\.rawValue)
            let body = try await StrictBody.decode(ServiceTokenRequest.self, keys: keys, from: request, context)
            let made = try await tokens.create(body, in: match.orgID ?? "", by: caller?.presented)
            return try .json(made, status: .created, headers: [.cacheControl: "no-store"])
        case ("DELETE", .changeTokens):
            try await tokens.delete(match.parameters["tokenId"] ?? "", in: match.orgID ?? "")
            return .empty()
        default:
            if let caller, let answer = try await people.respond(match, request, context, caller.principal) { return answer }
            if let caller, let answer = try await trusts.respond(match, request, context, caller) { return answer }
            if let caller, let answer = try await personTokens.respond(match, request, context, caller) { return answer }
        }
        throw HTTPFailure.notFound("there is no route \(match.route.pattern)")
    }

    private func log(_ match: MatchedRoute, _ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        var query = Dictionary(parameters, uniquingKeysWith: { first, _ in first })
        let page = try await auditLog.page(try AuditLogDesk.Question(query), in: match.orgID ?? "")
        guard let next = page.next else { return try .json(page.entries) }
        query["page"] = next.token
        let words = query.sorted { $0.key < $1.key }.map {
            "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))"
        }
        let link = "<\(request.uri.path)?\(words.joined(separator: "&"))>; rel=\"next\""
        return try .json(page.entries, headers: HTTPField.Name("Link").map { [$0: link] } ?? [:])
    }
}
