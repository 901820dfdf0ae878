import HTTPTypes
import Hummingbird
import PlatformModel
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import Synchronization

/// A broker that keeps secrets and grants in memory.
final class FakeBroker: Sendable {
    struct State: Sendable {
        /// Path -> value.
        var secrets: [String: JSON] = [:]
        /// By id; a grant that ended is gone.
        var grants: [String: Grant] = [:]
        /// Every grant that there ever was.
        var given: [String: Grant] = [:]
    }

    let room = FakeRoom()
    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    init() {
        room.answers { received, _ in
            switch (received.method, String(received.segments[1])) {
            case (.put, "grants"):
                let grant: Grant = try received.decode(), id = String(received.segments[2])
                self.state.withLock { state in
                    state.grants[id] = grant
                    state.given[id] = grant
                }
                return .empty()
            case (.delete, "grants"):
                let ended = self.state.withLock { $0.grants.removeValue(forKey: String(received.segments[2])) }
                guard ended != nil else { throw HTTPFailure.notFound("there is no such grant") }
                return .empty()
            case (.post, "secrets"):
                return try self.secrets(received)
            default:
                throw HTTPFailure.notFound("there is no such route: \(received.path)")
            }
        }
    }

    /// As the broker's paths are: parts of letters, digits and a few signs.
    private static func check(_ path: String) throws {
        let isValid = path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            (1...200).contains(part.utf8.count)
                && part.unicodeScalars.allSatisfy {
                    ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                        || "._-@:+~,".unicodeScalars.contains($0)
                }
        }
        guard isValid else { throw HTTPFailure(.unprocessableContent, "invalid", "no path: \(path)") }
    }

    private func secrets(_ received: FakeRoom.Received) throws -> Response {
        if received.segments[2] == "delete" {
            let request: SecretDeleteRequest = try received.decode()
            try Self.check(request.prefix)
            state.withLock { $0.secrets = $0.secrets.filter { !"\($0.key)/".hasPrefix("\(request.prefix)/") } }
            return .empty()
        }
        let request: SecretWriteRequest = try received.decode()
        try Self.check(request.path)
        state.withLock { $0.secrets[request.path] = request.value }
        return try .json(SecretWriteReply(reference: SecretReference(ref: request.path, version: "1"), stored: true))
    }
}
