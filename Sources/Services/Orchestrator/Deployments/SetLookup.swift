import Planning
import PlatformModel
import Postgres
import ServiceRuntime

extension SetStore {
    /// A set of the application. The empty set has no row: every environment begins with it; `0` is the reference's name of it.
    ///
    /// - Throws: 404.
    static func require(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws -> DeploymentSet {
        if id == "0" || id == DeploymentSet().contentID { return DeploymentSet() }
        guard let set = try await content(id, appID: appID, transaction) else { throw HTTPFailure.notFound("set", id) }
        return set
    }

    /// - Throws: 404.
    static func requireDelta(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws -> Delta {
        guard let delta = try await delta(id, appID: appID, transaction) else { throw HTTPFailure.notFound("delta", id) }
        return delta
    }
}
