import Outgoing
import PlatformModel

/// One request to an http driver.
package struct DriverCall: Sendable, Hashable {
    package enum Method: String, Sendable {
        case get = "GET"
        case put = "PUT"
        case delete = "DELETE"
    }

    package var method: Method
    package var address: DriverAddress
    package var guResID: String
    /// What the driver gave out last; sent as `Humanitec-Driver-Cookie`.
    package var cookie: String?
    /// JSON; nil for none.
    package var body: [UInt8]?
    package var timeout: Duration
}

/// What an http driver answered.
package struct DriverAnswer: Sendable, Hashable {
    package var status: Int
    /// `Set-Humanitec-Driver-Cookie`; empty to forget the cookie, nil to leave it.
    package var cookie: String?
    /// Seconds, of `Retry-After`.
    package var retryAfter: Int?
    package var body: [UInt8]

    package init(status: Int, cookie: String? = nil, retryAfter: Int? = nil, body: [UInt8] = []) {
        self.status = status
        self.cookie = cookie
        self.retryAfter = retryAfter
        self.body = body
    }
}

/// Carries requests to http drivers.
package protocol DriverConnector: Sendable {
    /// One attempt; whatever status the answer has, it is an answer. A redirect is not followed.
    func send(_ call: DriverCall) async throws(OutgoingFailure) -> DriverAnswer
}
