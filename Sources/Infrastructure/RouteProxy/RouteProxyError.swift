/// Why a route or an endpoint was not set.
package struct RouteProxyError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The caller's input is wrong; nothing was kept.
        case invalid
        /// The host or path belongs to something else; nothing was kept.
        case taken
        /// Kept, and HAProxy does not answer: it takes effect when HAProxy is there. Trying again is right.
        case unavailable
        /// Files or HAProxy refused.
        case failed
    }

    package let kind: Kind
    /// Stable: `RTE-` and a number.
    package let code: String
    package let message: String

    package init(_ kind: Kind, _ code: String, _ message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }

    package var description: String { "\(code) \(message)" }
}
