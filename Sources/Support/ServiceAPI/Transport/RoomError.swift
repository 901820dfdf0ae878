import PlatformModel

/// Why a call to another room (or, in the command line, to the gateway) brought no answer that can be used.
package struct RoomError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No connection, or it broke before any answer. `made` tells whether the request may have reached the room.
        case unreachable(reason: String, made: Bool)
        /// The task that asked was cancelled.
        case cancelled
        /// No whole answer within the time given; the request may have been done.
        case timeout
        /// An answer that is no success.
        case status(Int, ErrorBody)
        /// An answer that is not what the route promises.
        case malformed(String)
    }

    /// `broker`, `orchestrator`, or the host of a URL.
    package let room: String
    package let kind: Kind

    package init(room: String, kind: Kind) {
        self.room = room
        self.kind = kind
    }

    package var description: String {
        switch kind {
        case .unreachable(let reason, _): "\(room) cannot be reached: \(reason)"
        case .timeout: "\(room) did not answer in time"
        case .cancelled: "the call to \(room) was cancelled"
        case .status(let status, let body): "\(room) answered \(status) \(body.error): \(body.message)"
        case .malformed(let reason): "\(room) gave an answer that cannot be read: \(reason)"
        }
    }

    /// The status of an answer that came, nil when none did.
    package var status: Int? { if case .status(let status, _) = kind { status } else { nil } }

    /// The error body of an answer that came.
    package var body: ErrorBody? { if case .status(_, let body) = kind { body } else { nil } }

    /// Whether the same request may succeed a little later: nothing answered, or 429, 502, 503, 504.
    package var isTransient: Bool {
        switch kind {
        case .unreachable, .timeout: true
        case .status(let status, _): [429, 502, 503, 504].contains(status)
        case .malformed, .cancelled: false
        }
    }

    /// Whether something answered, and its answer does not tell what became of the request: another status from 500, or words that cannot
    /// be read. It may have been done, or half of it.
    package var isUnclear: Bool {
        switch kind {
        case .status(let status, _): status >= 500 && !isTransient
        case .malformed: true
        case .unreachable, .timeout, .cancelled: false
        }
    }
}
