import Cryptography
import Logging
import Outgoing
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Organisations' own stores: kept, looked at, and read from.
struct StoreDesk: Sendable {
    /// Of one organisation.
    static let maximumStores = 50
    /// Secrets of one request that are asked for at the same time.
    private static let together = 8

    let database: PostgresPool
    let keyring: Keyring
    let connector: any OutgoingConnector
    let tokens = VaultTokens()
    var limits = VaultLimits()

    // MARK: Keeping

    func list(_ orgID: String) async throws -> [SecretStoreRecord] {
        try await database.withOrg(orgID) { try await OutsideStoreStore.list(orgID, $0).map(\.record) }
    }

    /// - Throws: 422 with every problem; 409 for one that is there, 404 for one that is not.
    func put(_ write: SecretStoreWrite, id: String, _ logger: Logger) async throws -> SecretStoreRecord {
        guard IdentifierRule.application.accepts(id), !GrantScope.builtInNames.contains(id) else {
            throw BrokerFailure.invalid(
                "'\(id.prefix(80))' cannot be the id of a secret store: \(IdentifierRule.application.words)")
        }
        let orgID = write.orgID
        let record = try await database.withOrg(orgID) { transaction in
            try await OutsideStoreStore.lock(id, orgID, transaction)
            let row = try await OutsideStoreStore.store(id, orgID, transaction)
            if write.isNew, row != nil { throw HTTPFailure.conflict("the secret store '\(id)' exists already") }
            if !write.isNew, row == nil { throw HTTPFailure.notFound("there is no secret store '\(id)'") }
            if row == nil, try await OutsideStoreStore.list(orgID, transaction).count >= Self.maximumStores {
                throw BrokerFailure.invalid("an organization has at most \(Self.maximumStores) secret stores")
            }
            let old = try row.map { ($0, try Self.specification($0)) }
            let (specification, given) = try Self.read(write.vault, over: old?.1)
            let credentials: VaultCredentials
            if let given {
                credentials = given
            } else if let old {
                guard specification.isSamePlace(as: old.1) else {
                    throw BrokerFailure.invalid(
                        "vault.auth: is to be given again, since url, namespace, ca or auth_path change: what signs in is not taken along to another place"
                    )
                }
                credentials = try await self.credentials(old.0, orgID, transaction)
            } else {
                throw BrokerFailure.invalid("vault.auth: is needed")
            }
            let revision = (row?.revision ?? 0) + 1
            let (keyID, key) = try await keyring.sealingKey(orgID: orgID, transaction)
            let seal = SecretSeal(orgID: orgID, path: Self.place(id, orgID), version: revision, keyID: keyID)
            let now = Timestamp(milliseconds: 0)
            let written = OutsideStoreStore.Row(
                id: id, revision: revision, specification: specification.document, keyID: keyID,
                credentials: try seal.seal(credentials.document, key: key), createdAt: now, createdBy: "", updatedAt: now,
                updatedBy: "")
            try await OutsideStoreStore.put(written, orgID, by: write.by, transaction)
            guard let stored = try await OutsideStoreStore.store(id, orgID, transaction) else { throw BrokerFailure.missing }
            return stored.record
        }
        logger.info("secret store written", metadata: ["store": "\(id)", "org": "\(orgID)", "by": "\(write.by)"])
        return record
    }

    func delete(_ id: String, _ orgID: String) async throws -> Bool {
        try await database.withOrg(orgID) { try await OutsideStoreStore.delete(id, orgID, $0) }
    }

    /// - Throws: 404.
    func check(_ id: String, _ orgID: String) async throws -> SecretStoreCheck {
        let store = try await database.withOrg(orgID) { transaction -> any OutsideStore in
            guard let row = try await OutsideStoreStore.store(id, orgID, transaction) else {
                throw HTTPFailure.notFound("there is no secret store '\(id)'")
            }
            return try await self.store(row, orgID, transaction)
        }
        return SecretStoreCheck(steps: await store.check())
    }

    // MARK: Who may refer to what

    func refusals(of check: SecretReferenceCheck) async throws -> [String?] {
        let rows = try await database.withOrg(check.orgID) { try await OutsideStoreStore.list(check.orgID, $0) }
        return try check.references.map { try Self.refusal(of: $0, at: check.place, rows) }
    }

    /// Why a reference to an outside store may not be used; nil when it may.
    ///
    /// - Parameter place: nil for those that write definitions: the whole store is theirs.
    private static func refusal(
        of reference: SecretReference, at place: SecretPlace?, _ rows: [OutsideStoreStore.Row]
    ) throws -> String? {
        guard let row = rows.first(where: { $0.id == reference.store }) else {
            let near = nearestName(to: reference.store, among: rows.map(\.id)).map { "; did you mean '\($0)'?" } ?? ""
            return "there is no secret store '\(reference.store.prefix(80))'\(near)"
        }
        let path: OutsidePath
        do throws(OutsidePathError) { path = try OutsidePath(reference.ref) } catch { return "ref: \(error.words)" }
        let specification = try specification(row)
        if let version = reference.version, specification.version == 1 || (Int(version) ?? 0) <= 0 {
            return specification.version == 1
                ? "version: the store keeps no versions (kv_version 1)" : "version: '\(version.prefix(40))' is no number from 1"
        }
        guard let place else { return nil }
        guard specification.rule?.allows(path, at: place) == true else {
            return "ref: the application '\(place.appID)' may not use this path of the store '\(row.id)'; its paths are "
                + specification.paths.map { "'\($0)'" }.joined(separator: ", ")
        }
        return nil
    }

    /// The values of references to outside stores.
    ///
    /// - Throws: 403 for one that its grant's place may not use, 404, 422, 503.
    func read(_ references: Set<SecretReference>, _ scope: GrantScope, _ orgID: String) async throws -> [SecretReference: JSON] {
        let stores = try await database.withOrg(orgID) { transaction in
            let rows = try await OutsideStoreStore.list(orgID, transaction)
            for reference in references {
                guard scope.place != nil, try Self.refusal(of: reference, at: scope.placeOfRule(for: reference), rows) == nil
                else {
                    throw BrokerFailure.notGranted
                }
            }
            var stores: [String: any OutsideStore] = [:]
            for row in rows where references.contains(where: { $0.store == row.id }) {
                stores[row.id] = try await self.store(row, orgID, transaction)
            }
            return stores
        }
        return try await withThrowingTaskGroup(of: (SecretReference, JSON).self) { group in
            var values: [SecretReference: JSON] = [:], left = Array(references)
            func next() {
                guard let reference = left.popLast(), let store = stores[reference.store] else { return }
                group.addTask { (reference, try await Self.value(of: reference, in: store)) }
            }
            for _ in 0..<Self.together { next() }
            while let (reference, value) = try await group.next() {
                values[reference] = value
                next()
            }
            return values
        }
    }

    private static func value(of reference: SecretReference, in store: any OutsideStore) async throws -> JSON {
        let path: OutsidePath
        do throws(OutsidePathError) { path = try OutsidePath(reference.ref) } catch { throw BrokerFailure.invalid(error.words) }
        do throws(OutsideFailure) { return try await store.read(path, version: reference.version) } catch {
            throw BrokerFailure.outside(error, store: reference.store)
        }
    }

    // MARK: Renewal

    /// Renews what is due.
    func renewDue(_ logger: Logger) async throws {
        for (orgID, id) in try await OutsideStoreStore.due(limit: 20, database) {
            let store = try await database.withOrg(orgID) { transaction -> (any OutsideStore)? in
                guard let row = try await OutsideStoreStore.store(id, orgID, transaction) else { return nil }
                return try await self.store(row, orgID, transaction)
            }
            guard let store else { continue }
            do throws(OutsideFailure) {
                let pause = try await store.renew()
                try? await OutsideStoreStore.postpone(id, orgID, seconds: Double(pause.components.seconds), database)
            } catch {
                logger.warning(
                    "the token of a secret store is not renewed",
                    metadata: ["store": "\(id)", "org": "\(orgID)", "cause": "\(error.words)"])
            }
        }
    }

    // MARK: The parts

    private static func place(_ id: String, _ orgID: String) -> String { "orgs/\(orgID)/stores/\(id)" }

    private static func read(
        _ document: JSON, over before: VaultSpecification?
    ) throws -> (VaultSpecification, VaultCredentials?) {
        var reader = VaultSpecificationReader()
        guard let read = reader.read(document, over: before) else { throw HTTPFailure.invalid(reader.problems) }
        return read
    }

    static func specification(_ row: OutsideStoreStore.Row) throws -> VaultSpecification {
        var reader = VaultSpecificationReader()
        guard var (specification, _) = reader.read(row.specification, over: nil) else { throw BrokerFailure.damaged }
        specification.method = VaultSpecification.Method(rawValue: row.specification["auth_method"]?.string ?? "") ?? .token
        return specification
    }

    private func credentials(
        _ row: OutsideStoreStore.Row, _ orgID: String, _ transaction: PostgresTransaction
    ) async throws -> VaultCredentials {
        do {
            let key = try await keyring.openingKey(row.keyID, orgID: orgID, transaction)
            let seal = SecretSeal(orgID: orgID, path: Self.place(row.id, orgID), version: row.revision, keyID: row.keyID)
            guard let credentials = VaultCredentials(try seal.open(row.credentials, key: key)) else {
                throw BrokerFailure.damaged
            }
            return credentials
        } catch is CryptographyError {
            throw BrokerFailure.damaged
        }
    }

    private func store(
        _ row: OutsideStoreStore.Row, _ orgID: String, _ transaction: PostgresTransaction
    ) async throws -> any OutsideStore {
        VaultStore(
            key: "\(orgID)/\(row.id)/\(row.revision)", try Self.specification(row),
            try await credentials(row, orgID, transaction), tokens: tokens, connector: connector, limits: limits)
    }
}
