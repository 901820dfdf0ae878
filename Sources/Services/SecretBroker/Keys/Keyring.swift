import Cryptography
import PlatformModel
import Postgres
import Synchronization

/// The data keys of every organisation: wrapped by a root key in the database, unwrapped here while they are used.
final class Keyring: Sendable {
    private static let maximumCached = 4096

    private let rootKeys: RootKeys
    private let cache = Mutex<[String: SecretBytes]>([:])

    init(rootKeys: RootKeys) { self.rootKeys = rootKeys }

    /// The key that opens a value.
    func openingKey(_ id: String, orgID: String, _ transaction: PostgresTransaction) async throws -> SecretBytes {
        if let key = cache.withLock({ $0["\(orgID)/\(id)"] }) { return key }
        guard let row = try await DataKeyStore.key(id, orgID: orgID, transaction) else { throw CryptographyError.notAuthentic }
        let key = try unwrap(row, orgID: orgID)
        remember(key, id: id, orgID: orgID)
        return key
    }

    /// The key that seals new values: the newest; the first value of an organisation makes it.
    func sealingKey(orgID: String, _ transaction: PostgresTransaction) async throws -> (id: String, key: SecretBytes) {
        if let row = try await DataKeyStore.newest(orgID: orgID, transaction) { return (row.id, try unwrap(row, orgID: orgID)) }
        try await DataKeyStore.lock(orgID: orgID, transaction)
        if let row = try await DataKeyStore.newest(orgID: orgID, transaction) { return (row.id, try unwrap(row, orgID: orgID)) }
        try await RootKeyStore.register(rootKeys, transaction)
        let id = Hexadecimal.encode(try RandomBytes.make(16))
        let key = try RandomBytes.makeSecret(AESGCM.keyByteCount)
        guard let root = rootKeys.key(rootKeys.currentID) else { throw BrokerFailure.wrongRootKey }
        let wrapped = try AESGCM.seal(
            key, key: root, associatedData: Self.associatedData(orgID: orgID, id: id, rootKeyID: rootKeys.currentID))
        let row = DataKeyStore.WrappedKey(id: id, rootKeyID: rootKeys.currentID, wrapped: wrapped)
        // Not remembered: the transaction may still fail, and then there is no such key.
        try await DataKeyStore.insert(row, orgID: orgID, transaction)
        return (id, key)
    }

    private func unwrap(_ row: DataKeyStore.WrappedKey, orgID: String) throws -> SecretBytes {
        guard let root = rootKeys.key(row.rootKeyID) else { throw BrokerFailure.wrongRootKey }
        return try AESGCM.open(
            row.wrapped, key: root, associatedData: Self.associatedData(orgID: orgID, id: row.id, rootKeyID: row.rootKeyID))
    }

    private func remember(_ key: SecretBytes, id: String, orgID: String) {
        cache.withLock { cache in
            if cache.count >= Self.maximumCached { cache.removeAll() }
            cache["\(orgID)/\(id)"] = key
        }
    }

    private static func associatedData(orgID: String, id: String, rootKeyID: String) -> [UInt8] {
        SecretSeal.binding(["martlet data key 1", orgID, id, rootKeyID])
    }
}
