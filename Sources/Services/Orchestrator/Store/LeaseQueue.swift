import Postgres

/// A queue whose rows are leases: ids, an owner, a fence that only grows, a heartbeat. It holds no content and carries no policy.
///
/// Whoever claims a row does its work until it releases or ends it; a row whose owner is not heard of any more is claimed again. Somebody
/// who wants it looked at at once counts its wakes up, so that a release that comes later does not put it off.
struct LeaseQueue: Sendable {
    /// A claimed row.
    struct Lease: Sendable, Hashable {
        var orgID: String
        /// In the order of the queue's keys.
        var keys: [String]
        var fence: Int64
        /// As of steps (`StepStore.Claim`).
        var owner: String
        /// As they were when it was claimed.
        var wakes: Int64
        /// Its deadline, where it has one, is over.
        var isOverdue = false
        /// What the queue's mark says.
        var isMarked = false
    }

    /// A table with these columns: `org_id`, the keys, `available_at`, `owner`, `fence`, `heartbeat_at`, `wakes`, `deadline_at`.
    let table: StaticString
    /// The columns that name a row in its organisation.
    let keys: [StaticString]
    /// A column that is true or false, and comes with the lease.
    var mark: StaticString?

    /// Claims up to `limit` rows that are due and that nobody holds, or whose owner's heartbeat is older than `leaseSeconds`. Those of
    /// organisations that are not at work wait.
    func claim(owner: String, limit: Int, leaseSeconds: Double, _ pool: PostgresPool) async throws -> [Lease] {
        let matches = columns.map { "q.\(unsafe: $0) = due.\(unsafe: $0)" as SQL }.joined(" AND ")
        let returned = columns.map { "q.\(unsafe: $0)" as SQL }.joined(", ")
        return try await pool.query(
            """
            WITH due AS MATERIALIZED (
                SELECT \(columns.map { "\(unsafe: $0)" as SQL }.joined(", ")) FROM \(unsafe: table)
                WHERE available_at <= clock_timestamp()
                  AND (owner IS NULL OR heartbeat_at < clock_timestamp() - make_interval(secs => \(leaseSeconds)))
                  AND org_id NOT IN (SELECT org_id FROM martlet.tenants WHERE state <> 'active')
                ORDER BY available_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            UPDATE \(unsafe: table) AS q
            SET owner = \(owner), fence = nextval('orchestrator.fence'), heartbeat_at = clock_timestamp()
            FROM due WHERE \(matches)
            RETURNING \(returned), q.fence, q.wakes, coalesce(q.deadline_at < clock_timestamp(), false) AS overdue,
                      \(mark.map { "q.\(unsafe: $0)" as SQL } ?? "false") AS marked
            """
        )
        .map { row in
            Lease(
                orgID: try row.string("org_id"), keys: try keys.map { try row.string("\($0)") }, fence: try row.int64("fence"),
                owner: owner, wakes: try row.int64("wakes"), isOverdue: try row.bool("overdue"), isMarked: try row.bool("marked"))
        }
    }

    /// False when the lease is no longer ours.
    func heartbeat(_ lease: Lease, _ pool: PostgresPool) async throws -> Bool {
        try await pool.execute("UPDATE \(unsafe: table) SET heartbeat_at = clock_timestamp() WHERE " + ours(lease)) == 1
    }

    /// Gives the lease back, to be taken again after a while; at once where somebody woke it meanwhile.
    func release(_ lease: Lease, afterSeconds: Double, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            UPDATE \(unsafe: table)
            SET owner = NULL, heartbeat_at = NULL,
                available_at = clock_timestamp() + CASE wakes WHEN \(lease.wakes) THEN make_interval(secs => \(afterSeconds))
                    ELSE interval '0' END
            WHERE 
            """ + ours(lease))
    }

    /// Whether the lease is still ours, which it then stays until the transaction ends.
    func holds(_ lease: Lease, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query("SELECT 1 AS held FROM \(unsafe: table) WHERE " + ours(lease) + " FOR UPDATE").isEmpty
    }

    /// Takes the row away. False when the lease is no longer ours: then nothing else may be written.
    @discardableResult
    func finish(_ lease: Lease, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM \(unsafe: table) WHERE " + ours(lease)) == 1
    }

    private var columns: [StaticString] { ["org_id"] + keys }

    private func ours(_ lease: Lease) -> SQL {
        let named = zip(keys, lease.keys).map { column, value in "\(unsafe: column) = \(value)" as SQL }
        return (["org_id = \(lease.orgID)"] + named + ["fence = \(lease.fence)", "owner = \(lease.owner)"]).joined(" AND ")
    }
}
