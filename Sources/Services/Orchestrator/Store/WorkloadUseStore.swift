import Manifests
import PlatformModel
import Postgres

/// What workloads may use at most: what is deployed, and what deployments under way make of it.
enum WorkloadUseStore {
    /// One workload's row.
    struct Use: Sendable {
        var workload: String
        var deployed: ComputeDemand
        /// nil: nothing is under way.
        var planned: ComputeDemand?
    }

    /// What the organisation's workloads use, the larger of what is and what is planned of each; its rows are `demand`. Beyond what a
    /// number holds, as much as it does.
    ///
    /// - Parameter besides: an environment that is left out.
    static func sum(besides context: EnvironmentContext? = nil) -> SQL {
        let part: SQL = context.map { "WHERE NOT (app_id = \($0.appID) AND env_id = \($0.envID))" } ?? ""
        return """
            SELECT least(coalesce(sum(greatest(containers, planned_containers)), 0), 9007199254740992)::bigint AS containers,
                   least(coalesce(sum(greatest(cpu_millis, planned_cpu_millis)), 0), 9007199254740992)::bigint AS cpu_millis,
                   least(coalesce(sum(greatest(memory_bytes, planned_memory_bytes)), 0), 9007199254740992)::bigint AS memory_bytes
            FROM orchestrator.workload_use \(part)
            """
    }

    static func demand(_ row: Row) throws -> ComputeDemand {
        ComputeDemand(
            containers: try row.int64("containers"), cpuMillis: try row.int64("cpu_millis"),
            memoryBytes: try row.int64("memory_bytes"))
    }

    static func list(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> [Use] {
        try await transaction.query(
            "SELECT * FROM orchestrator.workload_use WHERE app_id = \(context.appID) AND env_id = \(context.envID)"
        )
        .map { row in
            var planned: ComputeDemand?
            if let containers = try row.optionalInt64("planned_containers") {
                planned = ComputeDemand(
                    containers: containers, cpuMillis: try row.optionalInt64("planned_cpu_millis") ?? 0,
                    memoryBytes: try row.optionalInt64("planned_memory_bytes") ?? 0)
            }
            return Use(workload: try row.string("workload"), deployed: try demand(row), planned: planned)
        }
    }

    /// What deployments under way are to make of workloads.
    static func plan(
        _ demands: [String: ComputeDemand], _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        guard !demands.isEmpty else { return }
        let rows = demands.sorted { $0.key < $1.key }
        try await transaction.execute(
            """
            INSERT INTO orchestrator.workload_use
                (org_id, app_id, env_id, workload, planned_containers, planned_cpu_millis, planned_memory_bytes)
            SELECT martlet.current_org(), \(context.appID), \(context.envID), workload, containers, cpu, memory
            FROM unnest(\(rows.map(\.key))::text[], \(rows.map { Self.bounded($0.value.containers) })::bigint[],
                        \(rows.map { Self.bounded($0.value.cpuMillis) })::bigint[],
                        \(rows.map { Self.bounded($0.value.memoryBytes) })::bigint[]) AS demand (workload, containers, cpu, memory)
            ON CONFLICT (org_id, app_id, env_id, workload) DO UPDATE
            SET planned_containers = excluded.planned_containers, planned_cpu_millis = excluded.planned_cpu_millis,
                planned_memory_bytes = excluded.planned_memory_bytes
            """)
    }

    private static func bounded(_ amount: Int64) -> Int { Int(min(amount, OrganizationLimit.most)) }

    /// A workload is deployed: what was planned of it is so.
    static func deployed(_ workload: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.workload_use
            SET containers = planned_containers, cpu_millis = planned_cpu_millis, memory_bytes = planned_memory_bytes,
                planned_containers = NULL, planned_cpu_millis = NULL, planned_memory_bytes = NULL
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND workload = \(workload)
              AND planned_containers IS NOT NULL
            """)
    }

    static func delete(_ workload: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            DELETE FROM orchestrator.workload_use
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND workload = \(workload)
            """)
    }

    static func delete(environment envID: String, appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.workload_use WHERE app_id = \(appID) AND env_id = \(envID)")
    }

    /// A deployment has ended: what it did not come to is not planned any more. Of a workload whose rollout was begun and did not succeed
    /// the larger of both counts until the next one.
    static func settle(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws {
        let ofEnvironment: SQL =
            "u.app_id = \(context.appID) AND u.env_id = \(context.envID) AND u.planned_containers IS NOT NULL"
        let standing: SQL = """
            SELECT FROM orchestrator.active_resources r
            WHERE r.app_id = u.app_id AND r.env_id = u.env_id AND r.type = 'workload' AND r.res_id = 'modules.' || u.workload
            """
        _ = try await transaction.pipeline([
            "DELETE FROM orchestrator.workload_use u WHERE \(ofEnvironment) AND NOT EXISTS (\(standing))",
            """
            UPDATE orchestrator.workload_use u
            SET planned_containers = NULL, planned_cpu_millis = NULL, planned_memory_bytes = NULL
            WHERE \(ofEnvironment) AND EXISTS (\(standing) AND r.status = 'active')
            """,
        ])
    }
}
