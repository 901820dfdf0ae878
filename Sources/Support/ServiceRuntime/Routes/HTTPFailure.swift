import HTTPTypes
import PlatformModel
import ServiceAPI

/// An error that is answered as it is. Everything else that a route throws becomes a 500 without its text.
package struct HTTPFailure: Error, Sendable, Hashable {
    package var status: HTTPResponse.Status
    package var body: ErrorBody
    package var headers: HTTPFields

    package init(_ status: HTTPResponse.Status, _ body: ErrorBody, headers: HTTPFields = [:]) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    /// - Parameter error: A stable code, such as `not_found`.
    package init(_ status: HTTPResponse.Status, _ error: String, _ message: String, details: JSON? = nil) {
        self.init(status, ErrorBody(error: error, message: message, details: details))
    }

    package static func notFound(_ message: String) -> HTTPFailure { HTTPFailure(.notFound, "not_found", message) }
    package static func conflict(_ message: String) -> HTTPFailure { HTTPFailure(.conflict, "conflict", message) }
    package static func badRequest(_ message: String) -> HTTPFailure { HTTPFailure(.badRequest, "bad_request", message) }

    /// 503 with `Retry-After`, in seconds.
    package static func unavailable(_ message: String, retryAfter seconds: Int = 1) -> HTTPFailure {
        HTTPFailure(
            .serviceUnavailable, ErrorBody(error: "unavailable", message: message), headers: [.retryAfter: String(seconds)])
    }

    /// So many problems an answer names: it stays small, whatever was sent.
    package static let mostProblems = 100

    /// Problems as the `details` of an error, the first `mostProblems` of them.
    package static func details(_ problems: [Problem]) -> JSON {
        ["problems": (try? JSON(encoding: Array(problems.prefix(mostProblems)))) ?? []]
    }

    /// 422 with every problem: the first in the message, all in `details.problems`.
    package static func invalid(_ problems: [Problem], error: String = "invalid") -> HTTPFailure {
        let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        return HTTPFailure(
            .unprocessableContent, error, (problems.first?.description ?? "not valid") + more, details: details(problems))
    }

    /// What an answer is when another room did not help: a passing failure is 503, the rest is our fault.
    package init?(_ error: RoomError) {
        guard error.isTransient else { return nil }
        self = .unavailable("\(error.room) is not there at the moment; try again")
    }
}
