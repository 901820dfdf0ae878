import PlatformModel
import Postgres

/// `broker.secrets`, inside `withOrg`.
enum SecretStore {
    struct SealedVersion: Sendable, Hashable {
        var version: Int64
        var keyID: String
        var sealed: [UInt8]
    }

    /// Writers of one path take turns.
    static func lock(_ path: String, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended(\("broker secret \(orgID) \(path)"), 0))")
    }

    static func newest(
        _ path: String, orgID: String, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> SealedVersion? {
        try read(try await transaction.query(select(path, orgID: orgID, version: nil)))
    }

    /// The version that each reference names, or the newest; nil where there is none.
    static func versions(
        of references: [SecretReference], orgID: String, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> [SealedVersion?] {
        let results = try await transaction.pipeline(
            references.map { reference in
                // A version that is no number names nothing; no version is below 1.
                select(reference.ref, orgID: orgID, version: reference.version.map { Int64($0) ?? 0 })
            })
        var versions: [SealedVersion?] = []
        for rows in results { versions.append(try read(rows)) }
        return versions
    }

    static func insert(
        _ row: SealedVersion, path: String, orgID: String, keeping kept: Int64, _ transaction: PostgresTransaction
    ) async throws(PostgresError) {
        _ = try await transaction.pipeline([
            """
            INSERT INTO broker.secrets (org_id, path, version, key_id, sealed)
            VALUES (\(orgID), \(path), \(row.version), \(row.keyID), \(row.sealed))
            """,
            "DELETE FROM broker.secrets WHERE org_id = \(orgID) AND path = \(path) AND version <= \(row.version - kept)",
        ])
    }

    /// The path itself and everything under it: in byte order "0" follows "/".
    static func delete(
        _ prefix: String, orgID: String, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int {
        try await transaction.execute(
            """
            DELETE FROM broker.secrets
            WHERE org_id = \(orgID) AND (path = \(prefix) OR (path > \(prefix + "/") AND path < \(prefix + "0")))
            """)
    }

    private static func select(_ path: String, orgID: String, version: Int64?) -> SQL {
        """
        SELECT version, key_id, sealed FROM broker.secrets
        WHERE org_id = \(orgID) AND path = \(path) AND (\(version)::bigint IS NULL OR version = \(version)::bigint)
        ORDER BY version DESC LIMIT 1
        """
    }

    private static func read(_ rows: [Row]) throws(PostgresError) -> SealedVersion? {
        guard let row = rows.first else { return nil }
        return SealedVersion(
            version: try row.int64("version"), keyID: try row.string("key_id"), sealed: try row.bytes("sealed"))
    }
}
