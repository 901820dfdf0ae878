import FaultPoints
import HTTPTypes
import LogRules
import Logging
import Postgres
import ServiceAPI
import ServiceRuntime

/// Ends the logs of environments that are deleted: one that is made later under the same id begins without lines.
struct EndingDesk: Sendable {
    /// Lines of one transaction, so that writers wait only briefly.
    private static let chunk = 10_000

    let database: PostgresPool

    /// All that an organisation has. That its environments ended stays known for a day: what of them arrives late is not stored, whoever
    /// has their names by then.
    func end(organization orgID: String) async throws {
        while try await database.withOrg(orgID, { try await EntryStore.delete(limit: Self.chunk, orgID: orgID, $0) })
            == Self.chunk
        {}
        try await database.withOrg(orgID) { try await $0.forgetTenant(schema: "logs", besides: ["ended_environments"]) }
    }

    /// Done twice it does no harm: the caller asks again when it lost the answer.
    func end(_ ending: LogEnding, _ logger: Logger) async throws {
        for (name, id) in [("org_id", ending.orgID), ("app_id", ending.appID), ("env_id", ending.envID)] {
            guard (1...StreamIdentity.maximumLength).contains(id.utf8.count), !id.utf8.contains(0) else {
                throw HTTPFailure(.unprocessableContent, "invalid", "\(name): 1 to \(StreamIdentity.maximumLength) bytes")
            }
        }
        try await database.withOrg(ending.orgID) { try await EndingStore.insert(ending, $0) }
        try await LogsFaults.afterEnding.reach()
        var total = 0
        while true {
            let count = try await database.withOrg(ending.orgID) { transaction in
                try await EndingStore.deleteLines(of: ending, limit: Self.chunk, transaction)
            }
            total += count
            if count < Self.chunk { break }
        }
        logger.info(
            "the logs of an environment ended",
            metadata: ["org": "\(ending.orgID)", "app": "\(ending.appID)", "env": "\(ending.envID)", "lines": "\(total)"])
    }
}
