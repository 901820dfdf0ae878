import Cryptography
import PlatformModel
import ServiceRuntime

/// The broker's root key: 32 random bytes that only the broker gets to see.
enum RootKey {
    /// Makes it as a plain file, for a host without systemd.
    /// - Returns: False when the file is there already; it is never replaced.
    static func ensure(at path: String, owner: String) throws -> Bool {
        let uid = try uid(of: owner)
        // The name of one that is there is left alone, whatever is in it.
        guard !HostFile.exists(path) else { return false }
        var key = try RandomBytes.makeSecret(AESGCM.keyByteCount).copyBytes()
        defer { key.wipe() }
        return try HostFile.create(path, key, mode: 0o400, owner: HostFile.Owner(uid: uid))
    }

    static func uid(of owner: String) throws -> UInt32 {
        guard let uid = UnixAccount.uid(of: owner) else {
            throw ErrorBody(
                error: "ADM-001",
                message: "root_key.owner: there is no user '\(owner)' on this machine; create it, or name another")
        }
        return uid
    }
}
