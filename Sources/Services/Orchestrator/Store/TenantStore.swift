import Manifests
import PlatformModel
import Postgres

/// Whether organisations are at work, and their limits: `martlet.tenants`, which every room reads.
enum TenantStore {
    struct Tenant: Sendable, Hashable {
        var state: OrganizationState
        var limits: OrganizationLimits
        var limitsSetBy: String?
        var limitsSetAt: Timestamp?
    }

    /// Its rows are `tenant`; of the organisation of the transaction.
    static let query: SQL = """
        SELECT state, state_since, state_by, state_reason, limits, limits_set_by, limits_set_at FROM martlet.tenants
        WHERE org_id = martlet.current_org()
        """

    static func tenant(_ rows: [Row]) throws -> Tenant {
        guard let row = rows.first else { return atWork }
        return Tenant(
            state: OrganizationState(
                OrganizationState.Kind(rawValue: try row.string("state")) ?? .suspended, since: try row.timestamp("state_since"),
                by: try row.optionalString("state_by"), reason: try row.string("state_reason")),
            limits: OrganizationLimits(try row.json("limits")), limitsSetBy: try row.optionalString("limits_set_by"),
            limitsSetAt: try row.optionalTimestamp("limits_set_at"))
    }

    private static let atWork = Tenant(
        state: OrganizationState(.active, since: Timestamp(milliseconds: 0), by: nil, reason: ""), limits: OrganizationLimits())

    static func tenant(_ transaction: PostgresTransaction) async throws -> Tenant {
        try tenant(try await transaction.query(query))
    }

    /// Every organisation, sorted.
    static func all(_ pool: PostgresPool) async throws -> [String] {
        try await pool.query("SELECT org_id FROM martlet.tenants ORDER BY org_id").map { try $0.string("org_id") }
    }

    static func insert(_ limits: OrganizationLimits, by: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO martlet.tenants (org_id, limits, limits_set_by, limits_set_at)
            VALUES (martlet.current_org(), \(stored(limits)), \(by), clock_timestamp()) ON CONFLICT DO NOTHING
            """)
    }

    static func setLimits(_ limits: OrganizationLimits, by: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO martlet.tenants (org_id, limits, limits_set_by, limits_set_at)
            VALUES (martlet.current_org(), \(stored(limits)), \(by), clock_timestamp())
            ON CONFLICT (org_id) DO UPDATE
            SET limits = excluded.limits, limits_set_by = excluded.limits_set_by, limits_set_at = excluded.limits_set_at
            """)
    }

    private static func stored(_ limits: OrganizationLimits) -> JSON {
        .object(Dictionary(uniqueKeysWithValues: limits.amounts.map { ($0.key.rawValue, .int($0.value)) }))
    }

    /// The row, locked: of two who change the state at once the later sees what the first has made of it.
    static func lock(_ transaction: PostgresTransaction) async throws -> Tenant {
        try await transaction.execute(
            "INSERT INTO martlet.tenants (org_id) VALUES (martlet.current_org()) ON CONFLICT DO NOTHING")
        return try tenant(try await transaction.query(query + " FOR UPDATE"))
    }

    static func setState(
        _ kind: OrganizationState.Kind, by: String, reason: String, _ transaction: PostgresTransaction
    ) async throws {
        _ = try await transaction.pipeline([
            """
            UPDATE martlet.tenants
            SET state = \(kind.rawValue), state_since = clock_timestamp(), state_by = \(by), state_reason = \(reason)
            WHERE org_id = martlet.current_org()
            """,
            "SELECT pg_notify('martlet_tenants', martlet.current_org())",
        ])
    }

    /// One at a time in an organisation decides whether something more fits its limits, until the transaction ends. The last lock that a
    /// transaction takes beside those of rows that it made: nobody who has it waits for another.
    static func lockLimits(_ transaction: PostgresTransaction) async throws {
        _ = try await transaction.query(
            "SELECT pg_advisory_xact_lock(hashtextextended('limits ' || martlet.current_org(), 0)) IS NULL AS got")
    }

    /// What is used of the limits that this room counts.
    static func use(_ transaction: PostgresTransaction) async throws -> [OrganizationLimit: Int64] {
        let rows = try await transaction.query(
            """
            SELECT (SELECT count(*) FROM orchestrator.applications) AS applications,
                   (SELECT count(*) FROM orchestrator.environments) AS environments,
                   (SELECT count(*) FROM orchestrator.deployments WHERE status = 'in progress' AND kind = 'deploy') AS running,
                   demand.*
            FROM (\(WorkloadUseStore.sum())) AS demand
            """)
        guard let row = rows.first else { throw PostgresError(.decoding, "a count gave no row") }
        let demand = try WorkloadUseStore.demand(row)
        return [
            .applications: try row.int64("applications"), .environments: try row.int64("environments"),
            .runningDeployments: try row.int64("running"), .containers: demand.containers, .cpuMillis: demand.cpuMillis,
            .memoryBytes: demand.memoryBytes,
        ]
    }
}
