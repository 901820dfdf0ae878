import AccessControl
import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Trusted issuers, and the exchange of their tokens. Whoever gets here is an administrator, but for the exchange, which needs nobody.
struct TrustRoutes: Sendable {
    let trusts: TrustDesk
    let exchanges: TokenExchangeDesk

    func exchange(_ request: Request, _ context: RoomContext) async throws -> Response {
        let keys = TokenExchangeRequest.CodingKeys.allCases.map(\.rawValue)
        let body = try await StrictBody.decode(TokenExchangeRequest.self, keys: keys, from: request, context)
        return try .json(try await exchanges.exchange(body), headers: [.cacheControl: "no-store"])
    }

    /// nil for a route that is none of these.
    func respond(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ caller: OwnRoutes.Caller
    ) async throws -> Response? {
        let org = match.orgID ?? ""
        switch (match.route.action, match.route.method, match.parameters["trustId"]) {
        case (.viewTrusts, _, nil): return try .json(try await trusts.list(in: org))
        case (.viewTrusts, _, let id?): return try .json(try await trusts.get(id, in: org))
        case (.changeTrusts, "POST", _):
            let keys = OIDCTrustRequest.CodingKeys.allCases.map(\.rawValue)
            let body = try await StrictBody.decode(OIDCTrustRequest.self, keys: keys, from: request, context)
            return try .json(try await trusts.create(body, in: org, by: caller.presented), status: .created)
        case (.changeTrusts, _, let id?):
            try await trusts.delete(id, in: org, by: caller.principal)
            return .empty()
        default: return nil
        }
    }
}
