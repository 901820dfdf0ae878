extension PostgresTransaction {
    /// Takes every row of this transaction's organisation out of a room's schema. The database refuses it for an organisation that is not
    /// being deleted.
    ///
    /// - Parameter besides: tables that keep theirs.
    package func forgetTenant(schema: String, besides: [String] = []) async throws(PostgresError) {
        try await execute("SELECT martlet.forget_tenant(\(schema), \(besides)::text[])")
    }
}
