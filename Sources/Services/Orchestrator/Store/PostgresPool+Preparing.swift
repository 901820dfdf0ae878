import Postgres

extension PostgresPool {
    /// A transaction that only prepares what a request is about to do: the request's entry in the audit log goes with the effect, which
    /// may still be refused.
    func preparing<Result: Sendable>(
        _ orgID: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await AuditTrail.aside { try await withOrg(orgID, body) }
    }
}
