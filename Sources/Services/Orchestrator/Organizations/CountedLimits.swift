import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// Limits on how many there are of something.
enum CountedLimits {
    /// Whether what this transaction has made fits the organisation's limits; the last thing that it does. Of two who make the last one
    /// that fits, the later sees the first's.
    ///
    /// - Throws: 409 `limit_reached`.
    static func check(_ limits: [OrganizationLimit], orgID: String, _ transaction: PostgresTransaction) async throws {
        guard limits.contains(where: try await TenantStore.tenant(transaction).limits.isSet) else { return }
        try await TenantStore.lockLimits(transaction)
        // Again: it may have been changed while the turn came.
        let tenant = try await TenantStore.tenant(transaction), use = try await TenantStore.use(transaction)
        for limit in limits {
            guard let now = use[limit] else { continue }
            let before = LimitUse(limit, limit: tenant.limits[limit], used: now - 1)
            if !before.allows(now) { throw HTTPFailure.limitReached(before, after: now, orgID: orgID) }
        }
    }
}

extension OrganizationLimits {
    fileprivate func isSet(_ limit: OrganizationLimit) -> Bool { self[limit] != nil }
}

extension HTTPFailure {
    static func limitReached(_ use: LimitUse, after: Int64, orgID: String) -> HTTPFailure {
        let details: [String: JSON] = [
            "limit": .string(use.id.rawValue), "allowed": use.limit.map(JSON.int) ?? .null,
            "used": use.used.map(JSON.int) ?? .null,
        ]
        return HTTPFailure(
            .conflict,
            ErrorBody(error: "limit_reached", message: use.refusal(after, of: orgID), details: .object(details)))
    }
}
