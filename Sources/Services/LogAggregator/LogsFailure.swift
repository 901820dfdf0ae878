import Postgres
import ServiceRuntime

/// What the room answers when the database is away.
enum LogsFailure {
    static func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as PostgresError where error.isAway {
            throw HTTPFailure.unavailable("the database does not answer at the moment; try again")
        }
    }
}
