import AuditSealing
import Cryptography
import PlatformModel

/// The keys that wrap data keys: the present one, and those that it followed. Each is 32 bytes in a file that only the broker
/// may read.
struct RootKeys: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let currentID: String
    private let keys: [String: SecretBytes]

    init(current: SecretBytes, retired: [SecretBytes] = []) throws {
        currentID = try Self.fingerprint(of: current)
        var keys = [currentID: current]
        for key in retired { keys[try Self.fingerprint(of: key)] = key }
        self.keys = keys
    }

    init(file: String, retired: [String] = []) throws {
        try self.init(current: Self.read(file), retired: retired.map(Self.read))
    }

    func key(_ id: String) -> SecretBytes? { keys[id] }
    var ids: Set<String> { Set(keys.keys) }

    /// The keys that sign the audit log, and have signed it.
    func auditKeys() throws -> (current: AuditKey, retired: [AuditKey]) {
        guard let current = keys[currentID] else { throw Failure(description: "there is no root key") }
        return (
            try AuditKey(rootKey: current),
            try keys.filter { $0.key != currentID }.sorted { $0.key < $1.key }.map { try AuditKey(rootKey: $0.value) }
        )
    }

    private static func read(_ path: String) throws -> SecretBytes {
        let key = try SecretFile.read(path, trimNewline: false)
        guard key.count == AESGCM.keyByteCount else {
            throw Failure(description: "\(path): a root key has \(AESGCM.keyByteCount) bytes, this file \(key.count)")
        }
        return key
    }

    private static func fingerprint(of key: SecretBytes) throws(CryptographyError) -> String {
        Hexadecimal.encode(try HMACSHA256.authenticate(Array("martlet root key id 1".utf8), key: key).prefix(16))
    }
}
