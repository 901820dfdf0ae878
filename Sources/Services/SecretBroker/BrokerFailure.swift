import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// What the broker answers when it does not do something.
enum BrokerFailure {
    /// One answer for a grant that is not there, has expired, was revoked, or does not cover what was asked: what exists
    /// outside a grant is not told.
    static let notGranted = HTTPFailure(.forbidden, "not_granted", "the grant does not allow this")
    static let missing = HTTPFailure.notFound("nothing is kept at a path that was asked for")
    /// A sealed value, or the key that sealed it, was changed or moved. Nothing of it is shown.
    static let damaged = HTTPFailure(
        .internalServerError, "secret_damaged",
        "a stored secret does not open: it was changed or moved in the database; restore the broker's tables from a backup")
    static let wrongRootKey = HTTPFailure(
        .serviceUnavailable, "root_key_missing",
        "the root key that sealed these secrets is not the one in root_key_file; put it back, or add it to retired_root_key_files"
    )

    /// An outside store gave nothing, in words without credentials. What may pass is 503.
    static func outside(_ failure: OutsideFailure, store: String) -> HTTPFailure {
        let words = "secret store '\(store)': \(failure.words)"
        return switch failure {
        case .unavailable, .cancelled:
            HTTPFailure(
                .serviceUnavailable, ErrorBody(error: "store_unavailable", message: words), headers: [.retryAfter: "5"])
        case .refused: HTTPFailure(.unprocessableContent, "store_refused", words)
        case .missing: HTTPFailure(.notFound, "secret_missing", words)
        }
    }

    static func invalid(_ message: String) -> HTTPFailure { HTTPFailure(.unprocessableContent, "invalid", message) }

    /// A database that does not answer is a passing failure.
    static func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as PostgresError where error.isAway {
            throw HTTPFailure.unavailable("the database does not answer at the moment; try again")
        }
    }
}
