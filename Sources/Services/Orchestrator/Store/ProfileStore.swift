import Manifests
import PlatformModel
import Postgres

/// The workload profiles that an organisation made, with their versions.
enum ProfileStore {
    /// A profile with its dates, as the contract answers it.
    struct Record: Sendable {
        var profile: WorkloadProfile
        var createdAt: Timestamp
        var createdBy: String
        var updatedAt: Timestamp
        var updatedBy: String
    }

    private static let columns: SQL = """
        SELECT p.id AS profile_id, p.created_at, p.created_by, v.created_at AS updated_at, v.created_by AS updated_by,
               v.id AS version_id, v.description, v.deprecation_message, v.spec_definition, v.chart_id, v.chart_version
        FROM orchestrator.workload_profiles p
        JOIN orchestrator.workload_profile_versions v ON v.org_id = p.org_id AND v.profile_id = p.id
        """

    /// With their newest versions.
    static func list(_ transaction: PostgresTransaction) async throws -> [Record] {
        try await transaction.query(columns + " WHERE v.id = p.newest_version_id ORDER BY p.id").map(record)
    }

    static func profile(_ id: String, _ transaction: PostgresTransaction) async throws -> Record? {
        try await transaction.query(columns + " WHERE v.id = p.newest_version_id AND p.id = \(id)").first.map(record)
    }

    /// Newest first.
    static func versions(of id: String, _ transaction: PostgresTransaction) async throws -> [Record] {
        try await transaction.query(columns + " WHERE p.id = \(id) ORDER BY v.created_at DESC, v.id").map(record)
    }

    /// The profile's row, locked for this transaction.
    static func lock(_ id: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query("SELECT 1 AS held FROM orchestrator.workload_profiles WHERE id = \(id) FOR UPDATE").isEmpty
    }

    /// Writes a version and makes it the newest; makes the profile when `isNew`.
    ///
    /// - Returns: False where the profile (`isNew`) or its version is there already.
    static func write(
        _ profile: WorkloadProfile, isNew: Bool, by user: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        if isNew {
            let inserted = try await transaction.execute(
                """
                INSERT INTO orchestrator.workload_profiles (org_id, id, newest_version_id, created_by)
                VALUES (martlet.current_org(), \(profile.id), \(profile.versionID), \(user)) ON CONFLICT DO NOTHING
                """)
            guard inserted == 1 else { return false }
        }
        let written = try await transaction.execute(
            """
            INSERT INTO orchestrator.workload_profile_versions
                (org_id, profile_id, id, description, deprecation_message, spec_definition, chart_id, chart_version, created_by)
            VALUES (martlet.current_org(), \(profile.id), \(profile.versionID), \(profile.description),
                    \(profile.deprecationMessage), \(profile.specDefinition), \(profile.chart.id), \(profile.chart.version), \(user))
            ON CONFLICT DO NOTHING
            """)
        guard written == 1 else { return false }
        try await transaction.execute(
            "UPDATE orchestrator.workload_profiles SET newest_version_id = \(profile.versionID) WHERE id = \(profile.id)")
        return true
    }

    static func delete(_ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.workload_profiles WHERE id = \(id)")
    }

    /// The environments of which the base, or something deployed or planned that may still run, has workloads of a profile.
    static func uses(_ id: String, _ transaction: PostgresTransaction) async throws -> [(appID: String, envID: String)] {
        try await transaction.query(
            """
            WITH used AS (
                SELECT app_id, id FROM orchestrator.sets s
                WHERE EXISTS (SELECT 1 FROM jsonb_each(s.content -> 'modules') m WHERE m.value ->> 'profile' = \(id))
            )
            SELECT DISTINCT e.app_id, e.id FROM orchestrator.environments e
            LEFT JOIN orchestrator.deployments d
              ON d.org_id = e.org_id AND d.app_id = e.app_id AND (d.id = e.from_deploy_id OR d.id = e.last_deploy_id OR (
                  d.env_id = e.id AND d.status IN ('pending', 'in progress')))
            JOIN used ON used.app_id = e.app_id AND used.id IN (e.from_set_id, d.set_id)
            ORDER BY e.app_id, e.id
            """
        )
        .map { (try $0.string("app_id"), try $0.string("id")) }
    }

    // MARK: Of deployments

    /// The profiles that a deployment was planned with; they are its for good, whatever becomes of them meanwhile.
    static func pinned(to deploymentID: String, _ transaction: PostgresTransaction) async throws -> [WorkloadProfile] {
        try await pinned(to: [deploymentID], transaction)[deploymentID] ?? []
    }

    static func pinned(
        to deploymentIDs: [String], _ transaction: PostgresTransaction
    ) async throws -> [String: [WorkloadProfile]] {
        guard !deploymentIDs.isEmpty else { return [:] }
        let rows = try await transaction.query(
            "SELECT id, profiles FROM orchestrator.deployments WHERE id = ANY(\(deploymentIDs)) AND profiles IS NOT NULL")
        return Dictionary(
            try rows.map { (try $0.string("id"), try $0.json("profiles").decode([WorkloadProfile].self)) },
            uniquingKeysWith: { first, _ in first })
    }

    static func pin(
        _ profiles: [WorkloadProfile], to deploymentID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard !profiles.isEmpty else { return }
        try await transaction.execute(
            "UPDATE orchestrator.deployments SET profiles = \(try JSON(encoding: profiles)) WHERE id = \(deploymentID)")
    }

    private static func record(_ row: Row) throws -> Record {
        let profile = WorkloadProfile(
            id: try row.string("profile_id"), versionID: try row.string("version_id"), description: try row.string("description"),
            deprecationMessage: try row.string("deprecation_message"), specDefinition: try row.json("spec_definition"),
            chart: .init(id: try row.string("chart_id"), version: try row.string("chart_version")))
        return Record(
            profile: profile, createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
            updatedAt: try row.timestamp("updated_at"), updatedBy: try row.string("updated_by"))
    }
}
