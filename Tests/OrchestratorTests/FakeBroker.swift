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
        var stores: [String: SecretStoreRecord] = [:]
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
            case (.delete, "orgs"): return .empty()
            case (.delete, "grants"):
                let ended = self.state.withLock { $0.grants.removeValue(forKey: String(received.segments[2])) }
                guard ended != nil else { throw HTTPFailure.notFound("there is no such grant") }
                return .empty()
            case (.post, "store-references"):
                let check: SecretReferenceCheck = try received.decode()
                return try .json(
                    SecretReferenceCheck.Reply(
                        refusals: check.references.map { reference in
                            if reference.store != "vault" { return "there is no secret store '\(reference.store)'" }
                            guard let place = check.place else { return nil }
                            return reference.ref.hasPrefix("apps/\(place.appID)/") ? nil : "ref: may not be used"
                        }))
            case (.get, "stores"):
                return try .json(self.state.withLock { $0.stores.values.sorted { $0.id < $1.id } })
            case (.put, "stores"):
                let write: SecretStoreWrite = try received.decode(), id = String(received.segments[2])
                if write.vault["url"] == "http://no" {
                    throw HTTPFailure(.unprocessableContent, "invalid", "vault.url: https is needed")
                }
                let now = Timestamp(milliseconds: 1_700_000_000_000)
                var shown = write.vault
                shown["auth"] = nil
                let record = SecretStoreRecord(
                    id: id, vault: shown, createdAt: now, createdBy: write.by, updatedAt: now, updatedBy: write.by)
                let isThere = self.state.withLock { $0.stores[id] != nil }
                if write.isNew, isThere { throw HTTPFailure.conflict("the secret store '\(id)' exists already") }
                if !write.isNew, !isThere { throw HTTPFailure.notFound("there is no secret store") }
                self.state.withLock { $0.stores[id] = record }
                return try .json(record)
            case (.delete, "stores"):
                let gone = self.state.withLock { $0.stores.removeValue(forKey: String(received.segments[2])) }
                guard gone != nil else { throw HTTPFailure.notFound("there is no secret store") }
                return .empty()
            case (.post, "stores"):
                return try .json(SecretStoreCheck(steps: [.init(step: "connection", ok: true, message: "yes")]))
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
