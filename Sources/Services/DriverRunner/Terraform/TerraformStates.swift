import Drivers
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI

/// The state of one resource in the runner's schema, as ciphertext of the broker.
struct TerraformStates: StateShelf {
    let database: PostgresPool
    let shelf: SecretShelf
    let environment: EnvironmentContext
    /// The GUResID.
    let node: String
    /// What the broker binds the ciphertext to.
    let path: String
    let grant: String
    /// Of the order that the run is for.
    let fence: Int64
    /// Whether the action is this runner's still: asked in the transaction that begins a run.
    let isOurs: @Sendable (PostgresTransaction) async throws -> Bool
    var leaseSeconds = 15.0

    private var orgID: String { environment.orgID }

    /// The states of the resources that one runner's actions are for.
    static func ofActions(
        _ database: PostgresPool, _ shelf: SecretShelf, owner: ActionOwner
    ) -> @Sendable (ActionKey, ResourceWork, ActionRequest) -> (any StateShelf)? {
        { key, work, request in
            TerraformStates(
                database: database, shelf: shelf, environment: request.environment, node: work.guResID,
                path: path(of: work.guResID, in: request.environment), grant: request.grant, fence: request.fence,
                isOurs: { try await ActionStore.heartbeat(key, owner: owner, $0) != .lost })
        }
    }

    /// For who only looks: no run begins.
    static func readOnly(
        _ database: PostgresPool, _ shelf: SecretShelf
    ) -> @Sendable (String, EnvironmentContext, String) -> (any StateShelf)? {
        { node, environment, grant in
            TerraformStates(
                database: database, shelf: shelf, environment: environment, node: node, path: path(of: node, in: environment),
                grant: grant, fence: 0, isOurs: { _ in false })
        }
    }

    static func path(of node: String, in environment: EnvironmentContext) -> String {
        "orgs/\(environment.orgID)/apps/\(environment.appID)/envs/\(environment.envID)/resources/\(node)/terraform-state"
    }

    func read() async throws(StateRefusal) -> [UInt8]? {
        try await translating {
            let newest = try await database.withOrg(orgID) { try await TerraformStateStore.newest(node, $0) }
            guard let newest else { return nil }
            return try await shelf.open(newest.sealed, at: path, version: newest.version, orgID: orgID, grant: grant)
        }
    }

    func begin() async throws(StateRefusal) -> Int64 {
        try await translating {
            try await database.withOrg(orgID) { transaction in
                guard try await isOurs(transaction) else { throw StateRefusal.fenced }
                try await TerraformStateStore.lock(node, transaction)
                let run = try await TerraformStateStore.nextRun(transaction)
                var lease = try await TerraformStateStore.lease(node, transaction) ?? StateLease(fence: fence, run: 0)
                try lease.begin(run: run, fence: fence)
                try await TerraformStateStore.put(lease, of: node, in: environment, seconds: leaseSeconds, transaction)
                return run
            }
        }
    }

    func lock(_ lock: StateLock, run: Int64) async throws(StateRefusal) {
        try await change { lease throws(StateRefusal) in try lease.lock(lock, run: run) }
    }

    func unlock(id: String, run: Int64) async throws(StateRefusal) {
        try await change { lease throws(StateRefusal) in try lease.unlock(id: id, run: run) }
    }

    func renew(run: Int64) async throws(StateRefusal) {
        try await change { lease throws(StateRefusal) in try lease.requireCurrent(run) }
    }

    func write(_ state: [UInt8], lockID: String?, run: Int64) async throws(StateRefusal) {
        guard state.count <= StateLimits.maximumBytes else {
            throw .unusable("a state has at most \(StateLimits.maximumBytes) bytes, this one \(state.count)")
        }
        try await translating {
            // Sealed before the lease is taken, so that no transaction waits for the broker; whoever was faster has the version.
            let last = try await database.withOrg(orgID) { try await TerraformStateStore.newest(node, $0) }
            let version = (last?.version ?? 0) + 1
            let sealed = try await shelf.seal(state, at: path, version: version, orgID: orgID, grant: grant)
            try await database.withOrg(orgID) { transaction in
                guard let lease = try await TerraformStateStore.lease(node, transaction) else { throw StateRefusal.fenced }
                if let lockID {
                    try lease.requireWriting(lockID: lockID, run: run)
                } else {
                    try lease.requireCurrent(run)
                }
                guard try await TerraformStateStore.newest(node, transaction)?.version == last?.version else {
                    throw StateRefusal.notHeld
                }
                try await TerraformStateStore.insert(
                    .init(version: version, run: run, sealed: sealed, bytes: state.count), of: node,
                    keeping: StateLimits.versions, transaction)
                try await TerraformStateStore.put(lease, of: node, in: environment, seconds: leaseSeconds, transaction)
            }
        }
    }

    func clear(run: Int64) async throws(StateRefusal) {
        try await translating {
            try await database.withOrg(orgID) { transaction in
                guard let lease = try await TerraformStateStore.lease(node, transaction) else { throw StateRefusal.fenced }
                try lease.requireClearing(run: run)
                try await TerraformStateStore.clear(node, transaction)
            }
        }
    }

    private func change(_ body: @Sendable (inout StateLease) throws(StateRefusal) -> Void) async throws(StateRefusal) {
        try await translating {
            try await database.withOrg(orgID) { transaction in
                guard var lease = try await TerraformStateStore.lease(node, transaction) else { throw StateRefusal.fenced }
                try body(&lease)
                try await TerraformStateStore.put(lease, of: node, in: environment, seconds: leaseSeconds, transaction)
            }
        }
    }

    /// Every other error is a room that does not answer as it should.
    private func translating<Value>(_ body: () async throws -> Value) async throws(StateRefusal) -> Value {
        do { return try await body() } catch let refusal as StateRefusal { throw refusal } catch {
            throw .unavailable(String(describing: error))
        }
    }
}

extension SecretShelf {
    /// Bytes as ciphertext that opens only at this place, in this version.
    func seal(
        _ bytes: [UInt8], at path: String, version: Int64, orgID: String, grant: String
    ) async throws -> String {
        let request = SealRequest(
            grant: grant, orgID: orgID, path: path, version: version, plaintext: Base64.encode(bytes))
        return try await asking { () throws(RoomError) -> SealReply in
            try await broker.call(.post, "/v1/seals/seal", body: request)
        }.sealed
    }

    func open(
        _ sealed: String, at path: String, version: Int64, orgID: String, grant: String
    ) async throws -> [UInt8] {
        let request = SealOpenRequest(grant: grant, orgID: orgID, path: path, version: version, sealed: sealed)
        let reply = try await asking { () throws(RoomError) -> SealOpenReply in
            try await broker.call(.post, "/v1/seals/open", body: request)
        }
        guard let bytes = Base64.decode(reply.plaintext) else {
            throw RoomError(room: "broker", kind: .malformed("what was opened is no base64"))
        }
        return bytes
    }
}
