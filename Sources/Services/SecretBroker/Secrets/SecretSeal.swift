import Cryptography
import PlatformModel

/// Sealing of values: AES-256-GCM with everything that says where the value belongs bound in.
struct SecretSeal: Sendable {
    let orgID: String
    let path: String
    let version: Int64
    let keyID: String

    func seal(_ value: JSON, key: SecretBytes) throws(CryptographyError) -> [UInt8] {
        var bytes = Array(value.canonical.utf8)
        return try AESGCM.seal(SecretBytes(wiping: &bytes), key: key, associatedData: associatedData)
    }

    /// - Throws: `notAuthentic` for a value that was changed, or sealed for another place.
    func open(_ sealed: [UInt8], key: SecretBytes) throws(CryptographyError) -> JSON {
        let opened = try AESGCM.open(sealed, key: key, associatedData: associatedData)
        guard let value = opened.withUnsafeBytes({ try? JSON.parse($0) }) else { throw .notAuthentic }
        return value
    }

    private var associatedData: [UInt8] { Self.binding(["martlet secret 1", orgID, path, String(version), keyID]) }

    /// Texts with their lengths, so that no two lists give the same bytes.
    static func binding(_ parts: [String]) -> [UInt8] {
        parts.flatMap { part in
            let bytes = Array(part.utf8)
            return withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
        }
    }
}
