import PlatformModel
import Postgres

extension ActiveResourceStore {
    /// Which resources of the organisation are asked for.
    enum Choice: Sendable {
        case madeBy(String)
        case ofType(String)
        case ofDriver(String)
    }

    /// Whether a definition made something that stands.
    static func stands(madeBy definition: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query(
            "SELECT 1 FROM orchestrator.active_resources WHERE def_id = \(definition) LIMIT 1"
        ).isEmpty
    }

    /// How many are read at once.
    static let placedBatch = 2000

    /// Hands over all resources that are asked for, of all environments, batch by batch: with what matching needs to know of them, and
    /// without what they gave.
    static func eachPlaced(
        _ choice: Choice, batch size: Int = placedBatch, _ transaction: PostgresTransaction,
        _ take: ([ActiveResource]) throws -> Void
    ) async throws {
        var last: ActiveResource?
        repeat {
            let batch = try await placed(choice, after: last, limit: size, transaction)
            if !batch.isEmpty { try take(batch) }
            last = batch.count < size ? nil : batch.last
        } while last != nil
    }

    /// Hands over, one by one, what the active resources of a type gave: without their inputs.
    static func eachOutputs(
        ofType type: String, _ transaction: PostgresTransaction, _ take: (ActiveResource) throws -> Void
    ) async throws {
        let size = 200
        var last: ActiveResource?
        repeat {
            let batch = try await outputs(ofType: type, after: last, limit: size, transaction)
            for resource in batch { try take(resource) }
            last = batch.count < size ? nil : batch.last
        } while last != nil
    }

    private static func outputs(
        ofType type: String, after last: ActiveResource?, limit: Int, _ transaction: PostgresTransaction
    ) async throws -> [ActiveResource] {
        let behind: SQL =
            last.map { " AND (app_id, env_id, class, res_id) > (\($0.appID), \($0.envID), \($0.class), \($0.resID))" } ?? ""
        let selection: SQL = """
            SELECT org_id, app_id, env_id, class, res_id, gu_res_id, resource, secret_refs, updated_at
            FROM orchestrator.active_resources WHERE status = 'active' AND type = \(type)
            """
        return try await transaction.query(selection + behind + " ORDER BY app_id, env_id, class, res_id LIMIT \(limit)").map {
            row in
            ActiveResource(
                context: EnvironmentContext(
                    orgID: try row.string("org_id"), appID: try row.string("app_id"), envID: try row.string("env_id"), envType: ""
                ),
                identity: ResourceIdentity(type: type, class: try row.string("class"), id: try row.string("res_id")),
                guResID: try row.string("gu_res_id"), defID: "", defVersionID: "", criteriaID: "", driverType: "",
                driverAccount: nil, deployID: "", status: "active", resource: try row.json("resource"),
                secretRefs: try row.json("secret_refs"), updatedAt: try row.timestamp("updated_at"))
        }
    }

    private static func placed(
        _ choice: Choice, after last: ActiveResource?, limit: Int, _ transaction: PostgresTransaction
    ) async throws -> [ActiveResource] {
        try await transaction.query(placedQuery(choice, after: last, limit: limit)).map { row in
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

    /// - Parameter last: the batch goes on behind it, in the order of an index.
    static func placedQuery(_ choice: Choice, after last: ActiveResource?, limit: Int) -> SQL {
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
            JOIN orchestrator.environments e ON e.org_id = r.org_id AND e.app_id = r.app_id AND e.id = r.env_id
            """
        let behind: SQL =
            last.map { last in
                """
                 AND (r.app_id, r.env_id, r.type, r.class, r.res_id)
                   > (\(last.appID), \(last.envID), \(last.type), \(last.class), \(last.resID))
                """
            } ?? ""
        return sql + condition + behind + " ORDER BY r.app_id, r.env_id, r.type, r.class, r.res_id LIMIT \(limit)"
    }
}
