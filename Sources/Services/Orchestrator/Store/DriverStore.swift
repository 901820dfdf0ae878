import PlatformModel
import Postgres

/// The drivers that an organisation registered.
enum DriverStore {
    private static let columns: SQL =
        "SELECT org_id, id, type, target, template, inputs_schema, account_types FROM orchestrator.drivers"

    static func list(_ transaction: PostgresTransaction) async throws -> [ResourceDriver] {
        try await transaction.query(columns + " ORDER BY id").map(driver)
    }

    static func driver(_ id: String, _ transaction: PostgresTransaction) async throws -> ResourceDriver? {
        try await transaction.query(columns + " WHERE id = \(id)").first.map(driver)
    }

    /// False when the id is taken.
    static func insert(_ driver: ResourceDriver, by user: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.drivers (org_id, id, type, target, template, inputs_schema, account_types, created_by, updated_by)
            VALUES (martlet.current_org(), \(driver.id), \(driver.type), \(driver.target), \(driver.template), \(driver.inputsSchema),
                    \(driver.accountTypes), \(user), \(user))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    /// False when there is none of that id.
    static func update(_ driver: ResourceDriver, by user: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            UPDATE orchestrator.drivers
            SET type = \(driver.type), target = \(driver.target), template = \(driver.template),
                inputs_schema = \(driver.inputsSchema), account_types = \(driver.accountTypes), updated_at = clock_timestamp(),
                updated_by = \(user)
            WHERE id = \(driver.id)
            """) == 1
    }

    static func delete(_ id: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM orchestrator.drivers WHERE id = \(id)") == 1
    }

    /// What a driver type of an organisation leads to, from itself on; empty for a built-in type or one that nobody registered.
    static func chain(
        from driverType: String, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> [ResourceDriver] {
        var chain: [ResourceDriver] = [], type = driverType
        while chain.count < longestChain, let id = id(ofType: type, orgID: orgID), let found = try await driver(id, transaction) {
            chain.append(found)
            guard case .driver(let next) = try? DriverTarget(found.target) else { break }
            type = next
        }
        return chain
    }

    /// The chains of several driver types, each read once.
    static func chains(
        from driverTypes: Set<String>, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> [String: [ResourceDriver]] {
        var chains: [String: [ResourceDriver]] = [:]
        for type in driverTypes { chains[type] = try await chain(from: type, orgID: orgID, transaction) }
        return chains
    }

    /// Virtual drivers in a row, with what they lead to.
    static let longestChain = 5

    /// The id of a driver type `acme/route53`, for the organisation `acme`.
    static func id(ofType type: String, orgID: String) -> String? {
        type.hasPrefix(orgID + "/") ? String(type.dropFirst(orgID.count + 1)) : nil
    }

    private static func driver(_ row: Row) throws -> ResourceDriver {
        ResourceDriver(
            orgID: try row.string("org_id"), id: try row.string("id"), type: try row.string("type"),
            target: try row.string("target"), template: try row.optionalString("template"),
            inputsSchema: try row.json("inputs_schema"), accountTypes: try row.strings("account_types"))
    }
}
