/// One route of the public API: the gateway relays it, or answers it itself.
package struct PublicRoute: Sendable, Hashable {
    package enum Room: String, Sendable, Hashable, CaseIterable {
        case gateway, orchestrator, logs
    }

    package enum Kind: Sendable, Hashable {
        case json
        /// Server-Sent Events, open until one side ends it.
        case stream
    }

    /// `GET`, `POST`, ...
    package var method: String
    /// `/orgs/{orgId}/apps/{appId}`; a parameter is one whole segment.
    package var pattern: String
    package var room: Room
    package var action: Action
    package var kind: Kind
    /// Bytes of body that are accepted; more is 413.
    package var bodyLimit: Int
    /// What it answers when it succeeds. It is on record before it is said: a handler that answers otherwise tells the record.
    package var status: Int
    /// The names that a query may have; whatever else stands there, no handler sees it.
    package var query: Set<String>

    /// The same route in the room that answers it: every internal route starts with the wire version.
    package var roomPattern: String { "/v1" + pattern }
}
