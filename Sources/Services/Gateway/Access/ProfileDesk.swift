import PlatformModel
import Postgres
import ServiceRuntime

/// What people keep about themselves. Who they are is the directory's, and a service user's name an administrator's.
struct ProfileDesk: Sendable {
    let pool: PostgresPool

    /// Puts these properties in the place of those before, in every organisation that the person is in.
    func change(_ change: ProfileChange, of principal: Principal) async throws {
        guard let subject = Subject(principal.id) else { throw PostgresError(.decoding, "a principal of no known kind") }
        guard let properties = change.properties else { return }
        guard !principal.memberOf.isEmpty else {
            throw HTTPFailure.conflict("you hold no role in any organization, so there is no place to keep this")
        }
        for org in principal.memberOf.sorted() {
            try await UserStore.setProperties(.object(properties), of: subject, in: org, pool)
        }
    }
}

/// `PATCH /current-user` (contract: UserProfileExtendedRequest). Everything but the properties is read-only there, and not applied.
struct ProfileChange: Sendable, Codable {
    var properties: [String: JSON]?
}
