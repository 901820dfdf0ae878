extension PostgresPool {
    /// For readiness: the database is reachable and its schema is at least what this program was written for. A newer
    /// schema is fine, since migrations keep the previous version's programs working.
    package func checkSchema() async throws(MigrationError) {
        let version: Int
        do {
            version =
                try await query("SELECT coalesce(max(number), 0) AS version FROM martlet.migrations").first?.int("version") ?? 0
        } catch  where error.sqlstate == "42P01" || error.sqlstate == "3F000" || error.isInsufficientPrivilege {
            version = 0
        } catch {
            throw MigrationError(.unreachable, "\(error)")
        }
        guard version >= SchemaVersion.required else {
            throw MigrationError(
                .tooOld,
                "the database schema is at version \(version), this program needs \(SchemaVersion.required); "
                    + "run: martlet-admin migrate")
        }
    }
}
