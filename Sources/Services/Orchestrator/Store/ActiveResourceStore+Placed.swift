import PlatformModel
import Postgres

extension ActiveResourceStore {
    /// Which resources of the organisation are asked for.
    enum Choice {
        case madeBy(String)
        case ofType(String)
        case ofDriver(String)
    }

    /// Resources of all environments with what matching needs to know of them, and without what they gave.
    static func placed(_ choice: Choice, _ transaction: PostgresTransaction) async throws -> [ActiveResource] {
        let condition: SQL =
            switch choice {
            case .madeBy(let id): " WHERE r.def_id = \(id)"
            case .ofType(let type): " WHERE r.type = \(type)"
            case .ofDriver(let type): " WHERE r.driver_type = \(type)"
            }
        let sql: SQL = """
            SELECT r.app_id, r.env_id, e.type AS env_type, r.org_id, r.type, r.class, r.res_id, r.gu_res_id, r.def_id,
                   r.def_version_id, r.criteria_id, r.driver_type, r.deploy_id, r.status, r.updated_at
            FROM orchestrator.active_resources r
            JOIN orchestrator.environments e ON e.app_id = r.app_id AND e.id = r.env_id
            """
        let order: SQL = " ORDER BY r.app_id, r.env_id, r.type, r.class, r.res_id LIMIT 50000"
        return try await transaction.query(sql + condition + order).map { row in
            ActiveResource(
                context: EnvironmentContext(
                    orgID: try row.string("org_id"), appID: try row.string("app_id"), envID: try row.string("env_id"),
                    envType: try row.string("env_type")),
                identity: ResourceIdentity(
                    type: try row.string("type"), class: try row.string("class"), id: try row.string("res_id")),
                guResID: try row.string("gu_res_id"), defID: try row.string("def_id"),
                defVersionID: try row.string("def_version_id"), criteriaID: try row.string("criteria_id"),
                driverType: try row.string("driver_type"), driverAccount: nil, deployID: try row.string("deploy_id"),
                status: try row.string("status"), resource: [:], secretRefs: [:], updatedAt: try row.timestamp("updated_at"))
        }
    }
}
