import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// Finds out who sends a request, by its bearer token.
struct Authentication: Sendable {
    let pool: PostgresPool
    let recent: RecentPrincipals

    /// - Throws: 401 without a token, with one that is none, and with one that has ended, all in the same words.
    func presented(by headers: HTTPFields) async throws -> TokenStore.Presented {
        guard let hash = try Self.bearer(headers)?.hash(),
            let presented = try await recent.token(hash, find: { try await TokenStore.find(hash, pool) })
        else { throw Self.refused }
        return presented
    }

    /// The same words for every token that is not valid here.
    static let refused = HTTPFailure(
        .unauthorized,
        ErrorBody(
            error: "unauthorized",
            message:
                "This needs a token that is valid now, as `Authorization: Bearer mrt_...`. Sign in again, or ask for a new one."
        ),
        headers: [.wwwAuthenticate: "Bearer"])

    private static func bearer(_ headers: HTTPFields) -> AccessToken? {
        guard let field = headers[.authorization] else { return nil }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return AccessToken(String(parts[1]))
    }
}
