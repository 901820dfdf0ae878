import Postgres

/// `broker.root_keys`: has this database been sealed with keys that are here?
enum RootKeyStore {
    /// For readiness, before the first value is asked for.
    static func check(_ rootKeys: RootKeys, _ database: PostgresPool) async throws {
        let rows = try await database.query("SELECT id FROM broker.root_keys")
        try require(rootKeys, rows)
    }

    /// Puts the present key on record.
    static func register(_ rootKeys: RootKeys, _ transaction: PostgresTransaction) async throws {
        try require(rootKeys, try await transaction.query("SELECT id FROM broker.root_keys"))
        try await transaction.execute("INSERT INTO broker.root_keys (id) VALUES (\(rootKeys.currentID)) ON CONFLICT DO NOTHING")
    }

    private static func require(_ rootKeys: RootKeys, _ rows: [Row]) throws {
        var known: Set<String> = []
        for row in rows { known.insert(try row.string("id")) }
        if !known.isSubset(of: rootKeys.ids) { throw BrokerFailure.wrongRootKey }
    }
}
