import HTTPTypes
import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime
import Synchronization

/// A broker in memory: grants, versions, `ifAbsent`, the statuses of the real one. It can be away for a while.
final class FakeBroker: Sendable {
    struct FakeGrant: Sendable {
        var reads: Set<String> = []
        var prefix: String?
        var readPrefix: String?
    }

    private struct State {
        var grants: [String: FakeGrant] = [:]
        var values: [String: [JSON]] = [:]
        var isAway = false
        var refusals = 0
        var writes: [String] = []
    }

    private let state = Mutex(State())

    /// What is kept now: the newest version of each path.
    var kept: [String: JSON] { state.withLock { $0.values.compactMapValues(\.last) } }
    /// The paths written to, in order.
    var writes: [String] { state.withLock(\.writes) }
    /// Requests that met a broker that was away.
    var refusals: Int { state.withLock(\.refusals) }
    var isAway: Bool {
        get { state.withLock(\.isAway) }
        set { state.withLock { $0.isAway = newValue } }
    }

    func grant(_ id: String, reads: [String] = [], prefix: String? = nil, readPrefix: String? = nil) {
        state.withLock { $0.grants[id] = FakeGrant(reads: Set(reads), prefix: prefix, readPrefix: readPrefix) }
    }

    func revoke(_ id: String) { state.withLock { $0.grants[id] = nil } }

    func put(_ path: String, _ value: JSON) { state.withLock { $0.values[path, default: []].append(value) } }

    func router() -> RoomRouter {
        let router = RoomRouter()
        let group = router.group("/v1/secrets", callers: ["runner"])
        group.post("read") { request, context in
            let body = try await context.decode(SecretReadRequest.self, from: request)
            return try Response.json(SecretReadReply(values: try self.read(body)))
        }
        group.post("write") { request, context in
            let body = try await context.decode(SecretWriteRequest.self, from: request)
            return try Response.json(try self.write(body))
        }
        group.post("delete") { request, context in
            let body = try await context.decode(SecretDeleteRequest.self, from: request)
            try self.delete(body)
            return Response.empty()
        }
        let seals = router.group("/v1/seals", callers: ["runner"], bodyLimit: 16 << 20)
        seals.post("seal") { request, context in
            let body = try await context.decode(SealRequest.self, from: request)
            try self.check(body.grant, body.path)
            return try Response.json(SealReply(sealed: "\(body.path) \(body.version) \(body.plaintext)"))
        }
        seals.post("open") { request, context in
            let body = try await context.decode(SealOpenRequest.self, from: request)
            try self.check(body.grant, body.path)
            let parts = body.sealed.split(separator: " ")
            guard parts.count == 3, parts[0] == body.path, parts[1] == "\(body.version)" else {
                throw HTTPFailure(.internalServerError, "secret_damaged", "moved")
            }
            return try Response.json(SealOpenReply(plaintext: String(parts[2])))
        }
        return router
    }

    private func check(_ grant: String, _ path: String) throws {
        try answering { state in
            guard let prefix = state.grants[grant]?.prefix, path.hasPrefix(prefix + "/") else { throw Self.refused }
        }
    }

    private static let refused = HTTPFailure(.forbidden, "not_granted", "the grant does not allow this")

    private func answering<Value>(_ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            if state.isAway {
                state.refusals += 1
                throw HTTPFailure.unavailable("away")
            }
            return try body(&state)
        }
    }

    private func read(_ request: SecretReadRequest) throws -> [JSON] {
        try answering { state in
            guard let grant = state.grants[request.grant] else { throw Self.refused }
            return try request.references.map { reference in
                let isUnder = [grant.prefix, grant.readPrefix].contains { $0.map { reference.ref.hasPrefix($0 + "/") } ?? false }
                guard isUnder || grant.reads.contains(reference.ref) else { throw Self.refused }
                let versions = state.values[reference.ref] ?? []
                let index = reference.version.flatMap { Int($0) }.map { $0 - 1 } ?? versions.count - 1
                guard versions.indices.contains(index) else { throw HTTPFailure.notFound("nothing is kept there") }
                return versions[index]
            }
        }
    }

    private func write(_ request: SecretWriteRequest) throws -> SecretWriteReply {
        try answering { state in
            guard let prefix = state.grants[request.grant ?? ""]?.prefix, request.path.hasPrefix(prefix + "/") else {
                throw Self.refused
            }
            guard request.path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !request.path.contains("//") else {
                throw HTTPFailure(.unprocessableContent, "invalid", "path")
            }
            state.writes.append(request.path)
            let versions = state.values[request.path] ?? []
            if let newest = versions.last, request.ifAbsent || newest == request.value {
                return SecretWriteReply(
                    reference: SecretReference(ref: request.path, version: String(versions.count)), stored: false)
            }
            state.values[request.path, default: []].append(request.value)
            return SecretWriteReply(
                reference: SecretReference(ref: request.path, version: String(versions.count + 1)), stored: true)
        }
    }

    private func delete(_ request: SecretDeleteRequest) throws {
        try answering { state in
            guard let prefix = state.grants[request.grant ?? ""]?.prefix, request.prefix.hasPrefix(prefix) else {
                throw Self.refused
            }
            for path in state.values.keys where path.hasPrefix(request.prefix + "/") { state.values[path] = nil }
        }
    }
}
