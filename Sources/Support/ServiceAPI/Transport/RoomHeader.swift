import HTTPTypes

/// The headers that the rooms send each other. The name of each is a valid token, so that the fallback is never used.
package enum RoomHeader {
    /// On every answer: the version of the public contract.
    package static let apiVersion = name("Martlet-API-Version")
    /// On every request between rooms: `WireVersion.current` of the caller.
    package static let wireVersion = name("Martlet-Wire-Version")
    /// Base64 of the JSON of a `Principal`; believed only from the gateway.
    package static let principal = name("Martlet-Principal")
    /// One id for everything that one request of a client causes.
    package static let requestID = name("Martlet-Request-ID")
    /// The id of the last event that a reader of a stream has seen (WHATWG server-sent events).
    package static let lastEventID = name("Last-Event-ID")

    private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .server }
}

/// The id of the request that this task works for; a `RoomClient` passes it on.
package enum RequestTrace {
    @TaskLocal package static var id: String?
}
