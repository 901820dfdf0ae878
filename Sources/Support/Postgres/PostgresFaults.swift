import FaultPoints

/// Where a test can make any program's transaction fail; each program lists them with its own.
package enum PostgresFaults {
    /// Everything is written, nothing is kept yet.
    static let beforeCommit = FaultPoint("postgres.beforeCommit")
    /// The transaction is kept; the caller has not been told. Failing here is what a connection does that breaks at this moment.
    static let afterCommit = FaultPoint("postgres.afterCommit")

    package static let all = [beforeCommit, afterCommit]

    /// - Throws: what a server that goes away throws at these places.
    static func reach(_ point: FaultPoint) async throws(PostgresError) {
        do throws(FaultInjected) { try await point.reach() } catch {
            var lost = PostgresError(.connection, error.description)
            lost.commitOutcomeUnknown = point == afterCommit
            throw lost
        }
    }
}
