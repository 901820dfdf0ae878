import Logging
import Postgres
import ServiceRuntime

/// What the room answers while its database is away, or has no connection to give.
enum DatabaseFailure {
    private static let outcomeUnknown =
        "the database went away in the moment of writing, and whether it was done is not known; look, then try again"

    /// A request that may be sent again is told so; the cause is for the log.
    static func translating<Value>(_ logger: Logger, _ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as PostgresError where error.isAway {
            logger.error("the database gives no answer", metadata: ["cause": "\(error)"])
            if error.commitOutcomeUnknown { throw HTTPFailure.unavailable(outcomeUnknown) }
            throw HTTPFailure.unavailable("the database does not answer at the moment; try again")
        }
    }
}
