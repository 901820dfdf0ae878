import PlatformModel
import Postgres

/// The resources that stand in environments, and what their drivers were given last.
enum ActiveResourceStore {
    /// An active resource with what its destruction needs.
    struct Record: Sendable {
        var resource: ActiveResource
        var manifests: [DriverManifest]
        /// Null where secret.
        var inputs: JSON
        var slots: [SecretSlot]
        var inputsDigest: String
        var dependsOn: [String]
    }

    static func list(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> [Record] {
        try await transaction.query(
            """
            SELECT * FROM orchestrator.active_resources
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) ORDER BY type, class, res_id
            """
        )
        .map { try record($0, orgID: context.orgID, envType: context.envType) }
    }

    /// Those of an environment that are asked for, and stand.
    static func records(
        _ identities: some Collection<ResourceIdentity>, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> [Record] {
        guard !identities.isEmpty else { return [] }
        return try await transaction.query(asking(identities, context)).map {
            try record($0, orgID: context.orgID, envType: context.envType)
        }
    }

    /// The same, by itself.
    static func records(
        _ identities: some Collection<ResourceIdentity>, _ context: EnvironmentContext, _ pool: PostgresPool
    ) async throws -> [Record] {
        guard !identities.isEmpty else { return [] }
        return try await pool.query(asking(identities, context), org: context.orgID).map {
            try record($0, orgID: context.orgID, envType: context.envType)
        }
    }

    private static func asking(_ identities: some Collection<ResourceIdentity>, _ context: EnvironmentContext) -> SQL {
        """
        SELECT r.* FROM orchestrator.active_resources r
        JOIN unnest(\(identities.map(\.type))::text[], \(identities.map(\.class))::text[], \(identities.map(\.id))::text[])
             AS asked (type, class, res_id)
          ON r.type = asked.type AND r.class = asked.class AND r.res_id = asked.res_id
        WHERE r.app_id = \(context.appID) AND r.env_id = \(context.envID) ORDER BY r.type, r.class, r.res_id
        """
    }

    static func record(
        guResID: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> Record? {
        try record(try await transaction.query(asking(guResID: guResID, context)), context)
    }

    /// Its rows are `record`.
    static func asking(guResID: String, _ context: EnvironmentContext) -> SQL {
        """
        SELECT * FROM orchestrator.active_resources
        WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND gu_res_id = \(guResID)
        """
    }

    static func record(_ rows: [Row], _ context: EnvironmentContext) throws -> Record? {
        try rows.first.map { try record($0, orgID: context.orgID, envType: context.envType) }
    }

    /// Before a driver is called, the resource is on record as pending: what a lost attempt made stays owned.
    static func upsert(_ record: Record, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(try upsert([record]))
    }

    /// Several in one statement; of one resource only one.
    static func upsert(_ records: [Record]) throws -> SQL {
        let resources = records.map(\.resource)
        // Neither descriptions of resources nor other names have line ends.
        return """
            INSERT INTO orchestrator.active_resources
                (org_id, app_id, env_id, type, class, res_id, gu_res_id, def_id, def_version_id, criteria_id, driver_type,
                 driver_account, deploy_id, status, resource, secret_refs, manifests, inputs, slots, inputs_digest, depends_on)
            SELECT martlet.current_org(), app_id, env_id, type, class, res_id, gu_res_id, def_id, def_version_id, criteria_id,
                   driver_type, nullif(driver_account, ''), deploy_id, status, resource::jsonb, secret_refs::jsonb, manifests::jsonb,
                   inputs::jsonb, slots::jsonb, inputs_digest, string_to_array(depends_on, E'\\n')
            FROM unnest(\(resources.map(\.appID))::text[], \(resources.map(\.envID))::text[], \(resources.map(\.type))::text[],
                        \(resources.map(\.class))::text[], \(resources.map(\.resID))::text[], \(resources.map(\.guResID))::text[],
                        \(resources.map(\.defID))::text[], \(resources.map(\.defVersionID))::text[],
                        \(resources.map(\.criteriaID))::text[], \(resources.map(\.driverType))::text[],
                        \(resources.map { $0.driverAccount ?? "" })::text[], \(resources.map(\.deployID))::text[],
                        \(resources.map(\.status))::text[], \(resources.map(\.resource.canonical))::text[],
                        \(resources.map(\.secretRefs.canonical))::text[],
                        \(try records.map { try JSON(encoding: $0.manifests).canonical })::text[],
                        \(records.map(\.inputs.canonical))::text[],
                        \(try records.map { try JSON(encoding: $0.slots).canonical })::text[],
                        \(records.map(\.inputsDigest))::text[], \(records.map { $0.dependsOn.joined(separator: "\n") })::text[])
                 AS made (app_id, env_id, type, class, res_id, gu_res_id, def_id, def_version_id, criteria_id, driver_type,
                          driver_account, deploy_id, status, resource, secret_refs, manifests, inputs, slots, inputs_digest, depends_on)
            ON CONFLICT (org_id, app_id, env_id, type, class, res_id) DO UPDATE
            SET def_id = excluded.def_id, def_version_id = excluded.def_version_id, criteria_id = excluded.criteria_id,
                driver_type = excluded.driver_type, driver_account = excluded.driver_account, deploy_id = excluded.deploy_id,
                status = excluded.status, inputs = excluded.inputs, slots = excluded.slots,
                inputs_digest = excluded.inputs_digest, depends_on = excluded.depends_on, updated_at = clock_timestamp(),
                resource = CASE excluded.status WHEN 'active' THEN excluded.resource ELSE active_resources.resource END,
                secret_refs = CASE excluded.status WHEN 'active' THEN excluded.secret_refs ELSE active_resources.secret_refs END,
                manifests = CASE excluded.status WHEN 'active' THEN excluded.manifests ELSE active_resources.manifests END
            """
    }

    static func setStatus(
        _ status: String, _ identity: ResourceIdentity, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(setting(status, identity, context))
    }

    static func setting(_ status: String, _ identity: ResourceIdentity, _ context: EnvironmentContext) -> SQL {
        "UPDATE orchestrator.active_resources SET status = \(status), updated_at = clock_timestamp() WHERE "
            + at(identity, appID: context.appID, envID: context.envID)
    }

    /// What was marked as on its way out and was never told to go is as its last provisioning left it.
    static func restoreStatus(
        _ identities: [ResourceIdentity], appID: String, envID: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.active_resources r
            SET status = CASE WHEN r.inputs_digest <> '' THEN 'active' ELSE 'pending' END, updated_at = clock_timestamp()
            FROM unnest(\(identities.map(\.type))::text[], \(identities.map(\.class))::text[], \(identities.map(\.id))::text[])
                 AS named (type, class, res_id)
            WHERE r.app_id = \(appID) AND r.env_id = \(envID) AND r.type = named.type AND r.class = named.class
              AND r.res_id = named.res_id AND r.status = 'deleting'
              AND NOT EXISTS (
                  SELECT FROM orchestrator.steps s
                  WHERE s.org_id = r.org_id AND s.node = r.gu_res_id AND s.verb = 'destroy' AND s.started_at IS NOT NULL
                    AND s.state <> 'succeeded')
            """)
    }

    static func delete(
        _ identity: ResourceIdentity, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            "DELETE FROM orchestrator.active_resources WHERE "
                + at(identity, appID: context.appID, envID: context.envID))
    }

    static func deleting(_ resource: ActiveResource) -> SQL {
        "DELETE FROM orchestrator.active_resources WHERE "
            + at(resource.identity, appID: resource.appID, envID: resource.envID)
    }

    private static func at(_ identity: ResourceIdentity, appID: String, envID: String) -> SQL {
        """
        app_id = \(appID) AND env_id = \(envID) AND type = \(identity.type) AND class = \(identity.class)
        AND res_id = \(identity.id)
        """
    }

    private static func record(_ row: Row, orgID: String, envType: String) throws -> Record {
        let context = EnvironmentContext(
            orgID: orgID, appID: try row.string("app_id"), envID: try row.string("env_id"), envType: envType)
        let identity = ResourceIdentity(
            type: try row.string("type"), class: try row.string("class"), id: try row.string("res_id"))
        let resource = ActiveResource(
            context: context, identity: identity, guResID: try row.string("gu_res_id"), defID: try row.string("def_id"),
            defVersionID: try row.string("def_version_id"), criteriaID: try row.string("criteria_id"),
            driverType: try row.string("driver_type"), driverAccount: try row.optionalString("driver_account"),
            deployID: try row.string("deploy_id"), status: try row.string("status"), resource: try row.json("resource"),
            secretRefs: try row.json("secret_refs"), scheduledDeletion: try row.bool("scheduled_deletion"),
            updatedAt: try row.timestamp("updated_at"))
        return Record(
            resource: resource, manifests: try row.json("manifests").decode([DriverManifest].self),
            inputs: try row.json("inputs"), slots: try row.json("slots").decode([SecretSlot].self),
            inputsDigest: try row.string("inputs_digest"), dependsOn: try row.strings("depends_on"))
    }
}
