import PlatformModel
import Postgres

/// What refers to a secret store: definitions, shared values, and what stands and needs it to be destroyed.
struct SecretStoreUse: Sendable, Hashable, Encodable {
    /// `definition`, `value`, `resource`.
    var kind: String
    var id: String
    var appID: String?
    var envID: String?

    var words: String {
        let place = [appID, envID].compactMap { $0 }.joined(separator: "/")
        return "the \(kind) '\(id)'" + (place.isEmpty ? "" : " of \(place)")
    }

    private enum CodingKeys: String, CodingKey {
        case kind, id
        case appID = "app_id"
        case envID = "env_id"
    }

    private static let shown = 100

    /// The first of them. Of shared values those that are in use now; what only the history has can no longer be read then.
    static func list(of store: String, _ transaction: PostgresTransaction) async throws -> [SecretStoreUse] {
        let results = try await transaction.pipeline([
            """
            SELECT d.id FROM orchestrator.definitions d
            JOIN orchestrator.definition_versions v ON v.def_id = d.id AND v.id = d.active_version_id
            WHERE jsonb_path_exists(v.driver_inputs, '$.secret_refs.**.store ? (@ == $store)', jsonb_build_object('store', \(store)::text))
            ORDER BY d.id LIMIT \(shown)
            """,
            """
            SELECT s.key, s.app_id, s.env_id FROM orchestrator.shared_values s
            JOIN LATERAL (
                SELECT v.items FROM orchestrator.value_set_versions v WHERE v.app_id = s.app_id AND v.env_id = s.env_id
                ORDER BY v.position DESC LIMIT 1) AS newest ON newest.items ->> s.key = s.id
            WHERE s.secret_ref ->> 'store' = \(store)
            ORDER BY s.app_id, s.env_id, s.key LIMIT \(shown)
            """,
            """
            SELECT r.type, r.class, r.res_id, r.app_id, r.env_id FROM orchestrator.active_resources r
            WHERE jsonb_path_exists(r.slots, '$.**.store ? (@ == $store)', jsonb_build_object('store', \(store)::text))
            ORDER BY r.app_id, r.env_id, r.type, r.class, r.res_id LIMIT \(shown)
            """,
        ])
        let definitions = try results[0].map { SecretStoreUse(kind: "definition", id: try $0.string("id")) }
        let values = try results[1].map { row in
            let env = try row.string("env_id")
            return SecretStoreUse(
                kind: "value", id: try row.string("key"), appID: try row.string("app_id"), envID: env.isEmpty ? nil : env)
        }
        let resources = try results[2].map { row in
            let identity = ResourceIdentity(
                type: try row.string("type"), class: try row.string("class"), id: try row.string("res_id"))
            return SecretStoreUse(
                kind: "resource", id: identity.description, appID: try row.string("app_id"), envID: try row.string("env_id"))
        }
        return definitions + values + resources
    }
}
