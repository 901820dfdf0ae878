import Execution
import PlatformModel
import Postgres

/// Rollouts with their targets: the newest `kept` of an organisation, and those that are not over.
enum RolloutStore {
    static let kept = 100

    /// Newest first, without their targets.
    static func list(_ transaction: PostgresTransaction) async throws -> [Rollout] {
        try await transaction.query("SELECT * FROM orchestrator.rollouts ORDER BY created_at DESC, id LIMIT \(2 * kept)")
            .map { try rollout($0, []) }
    }

    static func rollout(_ id: String, _ transaction: PostgresTransaction) async throws -> Rollout? {
        try await read(id, "", transaction)
    }

    /// The rollout, locked for this transaction. Whoever changes it holds its row of the queue first.
    static func lock(_ id: String, _ transaction: PostgresTransaction) async throws -> Rollout? {
        try await read(id, "FOR UPDATE", transaction)
    }

    private static func read(
        _ id: String, _ locking: StaticString, _ transaction: PostgresTransaction
    ) async throws -> Rollout? {
        let sql: SQL = "SELECT * FROM orchestrator.rollouts WHERE id = \(id) \(unsafe: locking)"
        guard let row = try await transaction.query(sql).first else { return nil }
        let targets = try await transaction.query(
            "SELECT * FROM orchestrator.rollout_targets WHERE rollout_id = \(id) ORDER BY rank, app_id, env_id")
        return try rollout(row, targets)
    }

    /// The rollout of this thing that is not over.
    static func running(
        _ kind: Rollout.Kind, _ subject: String, _ transaction: PostgresTransaction
    ) async throws -> String? {
        try await transaction.query(
            """
            SELECT id FROM orchestrator.rollouts
            WHERE kind = \(kind.rawValue) AND subject = \(subject) AND status NOT IN ('succeeded', 'failed', 'cancelled')
            """
        )
        .first?.string("id")
    }

    /// Whether a deployment was made by a rollout of this thing.
    static func hasMade(
        _ deploymentID: String, _ kind: Rollout.Kind, _ subject: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await !transaction.query(
            """
            SELECT 1 AS made FROM orchestrator.rollout_targets t
            JOIN orchestrator.rollouts r ON r.org_id = t.org_id AND r.id = t.rollout_id
            WHERE t.deployment_id = \(deploymentID) AND r.kind = \(kind.rawValue) AND r.subject = \(subject)
            """
        )
        .isEmpty
    }

    static func insert(_ rollout: Rollout, _ transaction: PostgresTransaction) async throws {
        let inserts: [SQL] = try rollout.targets.map { target in
            """
            INSERT INTO orchestrator.rollout_targets
                (org_id, rollout_id, app_id, env_id, env_type, rank, batch, state, reason, totals, losing, attempt)
            VALUES (martlet.current_org(), \(rollout.id), \(target.appID), \(target.envID), \(target.envType), \(target.rank),
                    \(target.batch), \(target.state.rawValue), \(target.reason), \(try target.totals.map { try JSON(encoding: $0) }),
                    \(target.losing), \(target.attempt))
            """
        }
        _ = try await transaction.pipeline(
            [
                """
                DELETE FROM orchestrator.rollouts WHERE id IN (
                    SELECT id FROM orchestrator.rollouts WHERE status IN ('succeeded', 'failed', 'cancelled')
                    ORDER BY created_at DESC, id OFFSET \(kept - 1))
                """,
                """
                INSERT INTO orchestrator.rollouts
                    (org_id, id, kind, subject, version, replaces, env_types, batch_size, starts_when_planned, status, comment, created_by)
                VALUES (martlet.current_org(), \(rollout.id), \(rollout.kind.rawValue), \(rollout.subject), \(rollout.version),
                        \(rollout.replaces), \(rollout.envTypes), \(rollout.batchSize), \(rollout.startsWhenPlanned), \(rollout.status.rawValue),
                        \(rollout.comment), \(rollout.createdBy))
                """,
            ] + inserts)
    }

    /// Writes what changed between two states of one rollout, which has the same targets in the same order in both.
    static func update(from old: Rollout, to new: Rollout, _ transaction: PostgresTransaction) async throws {
        var statements: [SQL] = []
        for (before, target) in zip(old.targets, new.targets) where isChanged(before, target) {
            statements.append(
                """
                UPDATE orchestrator.rollout_targets
                SET state = \(target.state.rawValue), batch = \(target.batch), reason = \(target.reason),
                    totals = \(try target.totals.map { try JSON(encoding: $0) }), losing = \(target.losing),
                    attempt = \(target.attempt), deployment_id = \(target.deploymentID)
                WHERE rollout_id = \(new.id) AND app_id = \(target.appID) AND env_id = \(target.envID)
                """)
        }
        if old.status != new.status || old.startsWhenPlanned != new.startsWhenPlanned {
            statements.append(
                """
                UPDATE orchestrator.rollouts
                SET status = \(new.status.rawValue), starts_when_planned = \(new.startsWhenPlanned),
                    status_changed_at = clock_timestamp()
                WHERE id = \(new.id)
                """)
        }
        guard !statements.isEmpty else { return }
        _ = try await transaction.pipeline(statements)
    }

    private static func isChanged(_ old: Rollout.Target, _ new: Rollout.Target) -> Bool {
        old.state != new.state || old.batch != new.batch || old.reason != new.reason || old.totals != new.totals
            || old.losing != new.losing || old.attempt != new.attempt || old.deploymentID != new.deploymentID
    }

    private static func rollout(_ row: Row, _ targets: [Row]) throws -> Rollout {
        Rollout(
            id: try row.string("id"), kind: Rollout.Kind(rawValue: try row.string("kind")) ?? .definition,
            subject: try row.string("subject"), version: try row.optionalString("version"),
            replaces: try row.optionalString("replaces"),
            envTypes: try row.strings("env_types"), batchSize: try row.int("batch_size"), comment: try row.string("comment"),
            createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
            statusChangedAt: try row.timestamp("status_changed_at"),
            status: RolloutStatus(rawValue: try row.string("status")) ?? .failed,
            startsWhenPlanned: try row.bool("starts_when_planned"), targets: try targets.map(target))
    }

    private static func target(_ row: Row) throws -> Rollout.Target {
        Rollout.Target(
            appID: try row.string("app_id"), envID: try row.string("env_id"), envType: try row.string("env_type"),
            rank: try row.int("rank"), batch: try row.int("batch"),
            state: RolloutTargetState(rawValue: try row.string("state")) ?? .failed, reason: try row.string("reason"),
            totals: try row.optionalJSON("totals")?.decode(PlanTotals.self), losing: try row.strings("losing"),
            attempt: try row.int("attempt"), deploymentID: try row.optionalString("deployment_id"))
    }
}
