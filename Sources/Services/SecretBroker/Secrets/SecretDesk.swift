import Cryptography
import FaultPoints
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Reading, writing and removing of secrets: each in one transaction with its grant and its audit.
struct SecretDesk: Sendable {
    /// References of one request.
    static let maximumReferences = 1000
    /// A value's JSON, in bytes.
    static let maximumValue = 1 << 20
    /// Older ones are dropped; grants name recent ones.
    static let keptVersions: Int64 = 100

    let database: PostgresPool
    let keyring: Keyring
    let stores: StoreDesk

    /// Who asks, for the audit.
    struct Caller: Sendable {
        /// `room:runner`.
        var name: String
        var requestID: String
        var logger: Logger
    }

    private enum Outcome {
        case given([JSON])
        case refused, missing, damaged

        var word: String {
            switch self {
            case .given: "given"
            case .refused: "refused"
            case .missing: "missing"
            case .damaged: "damaged"
            }
        }
    }

    func read(_ request: SecretReadRequest, _ caller: Caller) async throws -> SecretReadReply {
        try await FaultVerb.during(BrokerFaults.verb(ofGrant: request.grant)) { try await BrokerFaults.beforeRead.reach() }
        guard !request.references.isEmpty else { return SecretReadReply(values: []) }
        guard request.references.count <= Self.maximumReferences else {
            throw BrokerFailure.invalid("at most \(Self.maximumReferences) references at once")
        }
        let own = request.references.filter { $0.store == GrantScope.builtInStore }
        var paths: [SecretPath] = []
        for reference in own { paths.append(try SecretPath(reference.ref)) }
        let orgID: String
        if let first = paths.first {
            orgID = first.orgID
        } else {
            // What names no path of ours names no organisation either; the grant's id leads to it.
            guard let named = request.orgID else {
                throw BrokerFailure.invalid("org_id is needed beside references to outside stores")
            }
            orgID = named
        }
        guard paths.allSatisfy({ $0.orgID == orgID }), request.orgID ?? orgID == orgID else { throw BrokerFailure.notGranted }
        let outside: [SecretReference: JSON]
        do { outside = try await outsideValues(of: request, orgID) } catch {
            // Not given, for whatever reason of the store.
            try await database.withOrg(orgID) { try await Self.record(request, Outcome.missing.word, orgID, caller, $0) }
            throw error
        }
        let outcome = try await database.withOrg(orgID) { transaction in
            let outcome = try await self.outcome(of: request, own, paths, outside, orgID, transaction)
            try await Self.record(request, outcome.word, orgID, caller, transaction)
            return outcome
        }
        return try answer(outcome, request, orgID, caller)
    }

    /// What outside stores give: asked before the transaction that reads and records, since a store may take its time. Nothing of it is
    /// given out without that record.
    private func outsideValues(
        of request: SecretReadRequest, _ orgID: String
    ) async throws -> [SecretReference: JSON] {
        let references = Set(request.references.filter { $0.store != GrantScope.builtInStore })
        guard !references.isEmpty else { return [:] }
        let scope = try await database.withOrg(orgID) { try await GrantStore.liveScope(request.grant, orgID: orgID, $0) }
        // Refused, and recorded, by the transaction that comes.
        guard let scope, references.allSatisfy({ scope.allowsReading(outside: $0) }) else { return [:] }
        do { return try await stores.read(references, scope, orgID) } catch let failure as HTTPFailure
            where failure == BrokerFailure.notGranted
        {
            return [:]
        }
    }

    private static func record(
        _ request: SecretReadRequest, _ word: String, _ orgID: String, _ caller: Caller, _ transaction: PostgresTransaction
    ) async throws {
        let audit = request.references.map { reference in
            BrokerAudit.read(
                reference.store == GrantScope.builtInStore ? reference.ref : "\(reference.store):\(reference.ref)",
                version: reference.version, result: word, grant: request.grant, in: orgID, caller)
        }
        try await transaction.audit(audit)
    }

    func write(_ request: SecretWriteRequest, isOrchestrator: Bool, _ caller: Caller) async throws -> SecretWriteReply {
        let path = try SecretPath(request.path)
        guard path.orgID == request.orgID, path.segments.count > 2 else { throw BrokerFailure.notGranted }
        guard request.value.canonical.utf8.count <= Self.maximumValue else {
            throw BrokerFailure.invalid("\(path.text): a secret's JSON has at most \(Self.maximumValue) bytes")
        }
        let reply = try await database.withOrg(request.orgID) { transaction in
            try await self.checkWriting(path, grant: request.grant, isOrchestrator, transaction)
            try await SecretStore.lock(path.text, orgID: request.orgID, transaction)
            let newest = try await SecretStore.newest(path.text, orgID: request.orgID, transaction)
            if let newest {
                let reference = SecretReference(ref: path.text, version: String(newest.version))
                if request.ifAbsent { return SecretWriteReply(reference: reference, stored: false) }
                // The same value again is the same version: a deployment that changes nothing leaves its references as they
                // are.
                if try await self.open(newest, path.text, request.orgID, transaction) == request.value {
                    return SecretWriteReply(reference: reference, stored: false)
                }
            }
            let version = (newest?.version ?? 0) + 1
            let (keyID, key) = try await self.keyring.sealingKey(orgID: request.orgID, transaction)
            let seal = SecretSeal(orgID: request.orgID, path: path.text, version: version, keyID: keyID)
            let row = SecretStore.SealedVersion(version: version, keyID: keyID, sealed: try seal.seal(request.value, key: key))
            try await SecretStore.insert(
                row, path: path.text, orgID: request.orgID, keeping: request.onlyNewest == true ? 1 : Self.keptVersions,
                transaction)
            return SecretWriteReply(reference: SecretReference(ref: path.text, version: String(version)), stored: true)
        }
        try await FaultVerb.during(BrokerFaults.verb(ofGrant: request.grant)) { try await BrokerFaults.afterWrite.reach() }
        caller.logger.info(
            "secret written",
            metadata: ["reference": "\(reply.reference)", "stored": "\(reply.stored)", "org": "\(request.orgID)"])
        return reply
    }

    /// Removes the path and everything under it; how many versions there were.
    func delete(_ request: SecretDeleteRequest, isOrchestrator: Bool, _ caller: Caller) async throws -> Int {
        let prefix = try SecretPath(request.prefix)
        guard prefix.orgID == request.orgID else { throw BrokerFailure.notGranted }
        let count = try await database.withOrg(request.orgID) { transaction in
            if request.grant != nil || !isOrchestrator {
                try await self.requireWriting(prefix, grant: request.grant, request.orgID, transaction)
            }
            return try await SecretStore.delete(prefix.text, orgID: request.orgID, transaction)
        }
        caller.logger.info("secrets deleted", metadata: ["prefix": "\(prefix.text)", "versions": "\(count)"])
        return count
    }

    // MARK: The parts

    private func outcome(
        of request: SecretReadRequest, _ own: [SecretReference], _ paths: [SecretPath], _ outside: [SecretReference: JSON],
        _ orgID: String, _ transaction: PostgresTransaction
    ) async throws -> Outcome {
        guard let scope = try await GrantStore.liveScope(request.grant, orgID: orgID, transaction),
            zip(own, paths).allSatisfy({ scope.allowsReading($0, at: $1) }),
            request.references.allSatisfy({ $0.store == GrantScope.builtInStore || outside[$0] != nil })
        else { return .refused }
        let rows = try await SecretStore.versions(of: own, orgID: orgID, transaction)
        var kept: [SecretReference: JSON] = outside
        for (reference, (row, path)) in zip(own, zip(rows, paths)) {
            guard let row else { return .missing }
            do {
                kept[reference] = try await open(row, path.text, path.orgID, transaction)
            } catch is CryptographyError {
                return .damaged
            }
        }
        return .given(request.references.compactMap { kept[$0] })
    }

    private func answer(
        _ outcome: Outcome, _ request: SecretReadRequest, _ orgID: String, _ caller: Caller
    ) throws(HTTPFailure) -> SecretReadReply {
        let metadata: Logger.Metadata = [
            "grant": "\(request.grant.prefix(200))", "org": "\(orgID)",
            "references": .array(request.references.prefix(20).map { "\($0)" }), "count": "\(request.references.count)",
        ]
        switch outcome {
        case .given(let values):
            caller.logger.info("secrets read", metadata: metadata)
            return SecretReadReply(values: values)
        case .refused:
            caller.logger.warning("refused to read secrets", metadata: metadata)
            throw BrokerFailure.notGranted
        case .missing:
            throw BrokerFailure.missing
        case .damaged:
            caller.logger.critical("ALERT: a stored secret was changed or moved", metadata: metadata)
            throw BrokerFailure.damaged
        }
    }

    private func open(
        _ row: SecretStore.SealedVersion, _ path: String, _ orgID: String, _ transaction: PostgresTransaction
    ) async throws -> JSON {
        let key = try await keyring.openingKey(row.keyID, orgID: orgID, transaction)
        return try SecretSeal(orgID: orgID, path: path, version: row.version, keyID: row.keyID).open(row.sealed, key: key)
    }

    /// Under a grant within its prefix; without one only the orchestrator, and only what people write: the definitions and accounts of an
    /// organisation, and the shared values of applications and environments.
    private func checkWriting(
        _ path: SecretPath, grant: String?, _ isOrchestrator: Bool, _ transaction: PostgresTransaction
    ) async throws {
        if grant == nil, isOrchestrator {
            guard path.isWrittenByPeople else { throw BrokerFailure.notGranted }
            return
        }
        try await requireWriting(path, grant: grant, path.orgID, transaction)
    }

    private func requireWriting(
        _ path: SecretPath, grant: String?, _ orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard let grant, let scope = try await GrantStore.liveScope(grant, orgID: orgID, transaction), scope.allowsWriting(path)
        else { throw BrokerFailure.notGranted }
    }
}
