import Drivers
import PlatformModel
import Postgres

/// `runner.terraform_leases` and `runner.terraform_states`, inside `withOrg`.
enum TerraformStateStore {
    struct Version: Sendable, Hashable {
        var version: Int64
        var run: Int64
        var sealed: String
        var bytes: Int
    }

    /// The next number of a run, ever.
    static func nextRun(_ transaction: PostgresTransaction) async throws(PostgresError) -> Int64 {
        let rows = try await transaction.query("SELECT nextval('runner.terraform_runs') AS run")
        guard let row = rows.first else { throw PostgresError(.decoding, "a sequence without a value") }
        return try row.int64("run")
    }

    /// The lease, for this transaction alone; nil when no run ever began.
    static func lease(_ node: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> StateLease? {
        let rows = try await transaction.query(
            """
            SELECT fence, run, lock_id, lock_run, lock_info, lock_expires_at < clock_timestamp() AS expired
            FROM runner.terraform_leases WHERE node = \(node) FOR UPDATE
            """)
        guard let row = rows.first else { return nil }
        var lease = StateLease(fence: try row.int64("fence"), run: try row.int64("run"))
        if let id = try row.optionalString("lock_id") {
            let lock = StateLock(id: id, info: try row.optionalString("lock_info") ?? "")
            lease.held = StateLease.Held(lock: lock, run: try row.int64("lock_run"), isExpired: try row.bool("expired"))
        }
        return lease
    }

    /// Two runs that begin for the first time take turns, though there is no row yet to lock.
    static func lock(_ node: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended(\("runner terraform " + node), 0))")
    }

    /// Keeps the lease. The lock's time begins anew where the lease's own run holds it.
    static func put(
        _ lease: StateLease, of node: String, in environment: EnvironmentContext, seconds: Double,
        _ transaction: PostgresTransaction
    ) async throws(PostgresError) {
        let held = lease.held
        let isRenewed = held?.run == lease.run
        try await transaction.execute(
            """
            INSERT INTO runner.terraform_leases AS kept
                (org_id, app_id, env_id, node, fence, run, lock_id, lock_run, lock_info, lock_expires_at)
            VALUES (
                martlet.current_org(), \(environment.appID), \(environment.envID), \(node), \(lease.fence), \(lease.run), \(held?.lock.id), \(held?.run), \(held?.lock.info),
                CASE WHEN \(held?.lock.id)::text IS NOT NULL
                    THEN clock_timestamp() + make_interval(secs => \(seconds)) END)
            ON CONFLICT (org_id, node) DO UPDATE SET
                app_id = excluded.app_id, env_id = excluded.env_id, fence = excluded.fence, run = excluded.run, lock_id = excluded.lock_id, lock_run = excluded.lock_run,
                lock_info = excluded.lock_info,
                lock_expires_at = CASE WHEN \(isRenewed) THEN excluded.lock_expires_at
                    WHEN excluded.lock_id IS NULL THEN NULL ELSE kept.lock_expires_at END
            """)
    }

    static func newest(_ node: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> Version? {
        let rows = try await transaction.query(
            """
            SELECT version, run, sealed, bytes FROM runner.terraform_states WHERE node = \(node)
            ORDER BY version DESC LIMIT 1
            """)
        guard let row = rows.first else { return nil }
        return Version(
            version: try row.int64("version"), run: try row.int64("run"), sealed: try row.string("sealed"),
            bytes: try row.int("bytes"))
    }

    static func insert(
        _ version: Version, of node: String, keeping kept: Int64, _ transaction: PostgresTransaction
    ) async throws(PostgresError) {
        _ = try await transaction.pipeline([
            """
            INSERT INTO runner.terraform_states (org_id, node, version, run, sealed, bytes)
            VALUES (martlet.current_org(), \(node), \(version.version), \(version.run), \(version.sealed), \(version.bytes))
            """,
            "DELETE FROM runner.terraform_states WHERE node = \(node) AND version <= \(version.version - kept)",
        ])
    }

    static func clear(_ node: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        _ = try await transaction.pipeline([
            "DELETE FROM runner.terraform_states WHERE node = \(node)",
            "DELETE FROM runner.terraform_leases WHERE node = \(node)",
        ])
    }

    /// The environment's resources are destroyed, and nobody can still ask for a state of it: those of detached ones are left by then.
    static func forget(_ environment: EnvironmentContext, _ transaction: PostgresTransaction) async throws(PostgresError) {
        _ = try await transaction.pipeline([
            """
            DELETE FROM runner.terraform_states WHERE node IN (
                SELECT node FROM runner.terraform_leases
                WHERE app_id = \(environment.appID) AND env_id = \(environment.envID))
            """,
            "DELETE FROM runner.terraform_leases WHERE app_id = \(environment.appID) AND env_id = \(environment.envID)",
        ])
    }
}
