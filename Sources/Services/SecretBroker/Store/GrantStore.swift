import PlatformModel
import Postgres
import ServiceAPI

/// `broker.grants`, inside `withOrg`.
enum GrantStore {
    static func put(_ grant: Grant, scope: GrantScope, id: String, _ transaction: PostgresTransaction) async throws {
        let reads = try JSON(encoding: grant.reads)
        let lifetime: Int? = grant.standing ? nil : grant.lifetimeSeconds
        try await transaction.execute(
            """
            INSERT INTO broker.grants (org_id, id, reads, write_prefix, read_prefix, standing, place, value_reads, expires_at)
            VALUES (
                \(grant.orgID), \(id), \(reads), \(scope.writePrefix?.text), \(scope.readPrefix?.text),
                \(grant.standing), \(try grant.place.map { try JSON(encoding: $0) }), \(try JSON(encoding: grant.valueReads ?? [])),
                clock_timestamp() + \(lifetime) * interval '1 second')
            ON CONFLICT (org_id, id) DO UPDATE SET
                reads = excluded.reads, write_prefix = excluded.write_prefix, read_prefix = excluded.read_prefix,
                standing = excluded.standing, place = excluded.place, value_reads = excluded.value_reads,
                expires_at = excluded.expires_at, created_at = clock_timestamp()
            """)
    }

    static func delete(_ id: String, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> Bool {
        try await transaction.execute("DELETE FROM broker.grants WHERE org_id = \(orgID) AND id = \(id)") > 0
    }

    /// What the grant allows now; nil when there is none or its time is over, by the database's clock.
    static func liveScope(_ id: String, orgID: String, _ transaction: PostgresTransaction) async throws -> GrantScope? {
        let rows = try await transaction.query(
            """
            SELECT reads, write_prefix, read_prefix, place, value_reads FROM broker.grants
            WHERE org_id = \(orgID) AND id = \(id) AND (expires_at IS NULL OR expires_at > clock_timestamp())
            """)
        guard let row = rows.first else { return nil }
        let reads = try row.json("reads").decode([SecretReference].self)
        let prefix = try row.optionalString("write_prefix")
        return GrantScope(
            reads: Set(reads), writePrefix: try prefix.map(SecretPath.init),
            readPrefix: try row.optionalString("read_prefix").map(SecretPath.init),
            place: try row.optionalJSON("place")?.decode(SecretPlace.self),
            valueReads: Set(try row.json("value_reads").decode([SecretReference].self)))
    }

    /// Expired grants say nothing any more.
    static func sweep(orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute(
            "DELETE FROM broker.grants WHERE org_id = \(orgID) AND expires_at < clock_timestamp() - interval '1 day'")
    }
}
