import Manifests
import PlatformModel
import Postgres

/// What each workload was deployed with last: null where secret.
enum WorkloadManifestStore {
    /// By workload, those of the names that are on record.
    static func list(
        _ workloads: [String], _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> [String: RenderedWorkload] {
        guard !workloads.isEmpty else { return [:] }
        let rows = try await transaction.query(
            """
            SELECT workload, objects, slots FROM orchestrator.workload_manifests
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND workload = ANY(\(workloads))
            """)
        let pairs = try rows.map { row in
            (
                try row.string("workload"),
                RenderedWorkload(
                    objects: try row.json("objects").array ?? [], slots: try row.json("slots").decode([SecretSlot].self))
            )
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    static func keep(
        _ rendered: RenderedWorkload, of workload: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.workload_manifests (org_id, app_id, env_id, workload, objects, slots)
            VALUES (martlet.current_org(), \(context.appID), \(context.envID), \(workload), \(JSON.array(rendered.objects)),
                    \(try JSON(encoding: rendered.slots)))
            ON CONFLICT (org_id, app_id, env_id, workload) DO UPDATE
            SET objects = excluded.objects, slots = excluded.slots, updated_at = clock_timestamp()
            """)
    }

    static func delete(
        _ workload: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            DELETE FROM orchestrator.workload_manifests
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND workload = \(workload)
            """)
    }
}
