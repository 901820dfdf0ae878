import AuditRules
import AuditSealing
import PlatformModel
import Postgres

/// The chain over `audit.entries`: what is not sealed yet, and its end and beginning.
enum AuditChainStore {
    /// Any number that nobody else uses in this database ("auditseal" in ASCII, shortened).
    private static let lockKey: Int64 = 0x6175_6469_7473_656C

    struct Unsealed: Sendable {
        /// nil: nothing was ever sealed.
        var head: AuditMark?
        /// The oldest first.
        var records: [AuditRecord]
        /// How long the oldest has waited, in seconds.
        var oldest: Double
        var now: Timestamp
    }

    /// One sealer at a time, over all hosts: until the transaction ends.
    static func lock(_ transaction: PostgresTransaction) async throws(PostgresError) -> Bool {
        try await transaction.query("SELECT pg_try_advisory_xact_lock(\(lockKey)) AS is_mine").first?.bool("is_mine") ?? false
    }

    static func unsealed(limit: Int, _ transaction: PostgresTransaction) async throws(PostgresError) -> Unsealed {
        let rows = try await transaction.pipeline([
            "SELECT clock_timestamp() AS now",
            AuditRows.marks + " WHERE kind = 'head'",
            "SELECT " + AuditRows.columns
                + ", extract(epoch FROM clock_timestamp() - at)::float8 AS age FROM audit.entries WHERE number IS NULL ORDER BY at, id LIMIT \(limit)",
        ])
        var records: [AuditRecord] = []
        for row in rows[2] { records.append(try AuditRows.record(row)) }
        return Unsealed(
            head: try rows[1].first.map(AuditRows.mark), records: records, oldest: try rows[2].first?.double("age") ?? 0,
            now: try rows[0][0].timestamp("now"))
    }

    /// - Returns: False where somebody else has gone on from `after`.
    static func seal(
        _ ids: [String], hashes: [[UInt8]], after: Int64, _ head: AuditMark, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Bool {
        try await transaction.query(
            """
            SELECT audit.seal(
                \(after), \(ids), \(hashes.map { Hexadecimal.encode($0) }), \(head.at), \(head.key), \(head.signature)) AS is_done
            """
        ).first?.bool("is_done") ?? false
    }

    /// The end of the chain, and whether anything waits to be sealed behind it: in one round trip, since a quiet appliance asks nothing
    /// else all day.
    static func end(_ pool: PostgresPool) async throws -> (head: AuditMark?, somethingWaits: Bool) {
        let rows = try await pool.pipeline([
            AuditRows.marks + " WHERE kind = 'head'",
            "SELECT EXISTS (SELECT FROM audit.entries WHERE number IS NULL) AS something_waits",
        ])
        return (try rows[0].first.map(AuditRows.mark), try rows[1][0].bool("something_waits"))
    }

    /// Up to where entries are older than so many days, a bounded number at a time; nil where none is.
    static func droppable(
        days: Int, limit: Int, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> (number: Int64, hash: [UInt8], now: Timestamp)? {
        let rows = try await transaction.query(
            """
            SELECT number, hash, clock_timestamp() AS now FROM audit.droppable(clock_timestamp() - \(days) * interval '1 day', \(limit)) WHERE number IS NOT NULL
            """)
        guard let row = rows.first else { return nil }
        return (try row.int64("number"), try row.bytes("hash"), try row.timestamp("now"))
    }

    /// - Returns: How many went.
    static func drop(through start: AuditMark, _ transaction: PostgresTransaction) async throws(PostgresError) -> Int {
        try await transaction.query(
            "SELECT audit.drop_before(\(start.number), \(start.hash), \(start.at), \(start.key), \(start.signature)) AS count"
        ).first?.int("count") ?? 0
    }
}
