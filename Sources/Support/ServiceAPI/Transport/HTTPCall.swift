import HTTPTypes
import NIOCore
import PlatformModel

/// One request of a client.
package struct HTTPCall: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Sent as it comes, so it cannot be repeated once a connection was made. `length` in bytes where it is known.
        case stream(any AsyncSequence<ByteBuffer, any Error> & Sendable, length: Int64?)
    }

    package var method: HTTPRequest.Method
    /// Path and query, percent-encoded.
    package var target: String
    package var headers: HTTPFields
    package var body: Body
    /// For the whole call, retries included; for a stream until its head.
    package var timeout: Duration
    /// How long a room that is not there is waited for, within `timeout`.
    package var patience: Duration
    /// The largest answer that is read whole, in bytes.
    package var answerLimit: Int

    package init(
        _ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [], headers: HTTPFields = [:],
        body: Body = .none, timeout: Duration = .seconds(30), patience: Duration = .seconds(10), answerLimit: Int = 16 << 20
    ) {
        self.method = method
        self.target = Self.target(path, query: query)
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.patience = patience
        self.answerLimit = answerLimit
    }

    /// GET, HEAD, PUT and DELETE may be done twice (RFC 9110, 9.2.2).
    var isIdempotent: Bool { [.get, .head, .put, .delete, .options].contains(method) }

    /// A body of bytes can be sent again.
    var canRepeatBody: Bool { if case .stream = body { false } else { true } }

    /// One segment of a path, percent-encoded: an id that a user chose cannot leave its segment.
    package static func segment(_ text: String) -> String { PercentEncoding.encode(text) }

    private static func target(_ path: String, query: [(String, String)]) -> String {
        if query.isEmpty { return path }
        func encode(_ text: String) -> String { PercentEncoding.encode(text, allowing: "/:,") }
        let pairs = query.map { "\(encode($0.0))=\(encode($0.1))" }
        return path + (path.contains("?") ? "&" : "?") + pairs.joined(separator: "&")
    }
}
