import Testing

/// One of the five service programs.
enum RoomName: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case broker, logs, runner, orchestrator, gateway

    /// Its Unix user here: one that no passwd file knows.
    var uid: UInt32 { 64_101 + UInt32(Self.allCases.firstIndex(of: self) ?? 0) }
    /// The group that all rooms are in, and that their sockets belong to.
    static let group: UInt32 = 64_100
    /// Somebody of that group who is no room.
    static let strangerUID: UInt32 = 64_199

    var program: String { "martlet-\(rawValue)" }
    var testDescription: String { rawValue }
}
