import Cryptography
import PlatformModel
import ServiceRuntime

/// A secret that systemd hands to one service: sealed to this host (`NAME.cred`, by systemd-creds), or a plain file of root's (`NAME`)
/// where that does not work.
struct HostCredential: Sendable {
    /// Of the plain file.
    let path: String

    var sealedPath: String { path + ".cred" }
    /// Bound into what is sealed: it opens under this name only.
    var name: String { String(path.split(separator: "/").last ?? "") }

    /// The secret in whichever form it is there; nil where it is not.
    func read() async throws -> SecretBytes? {
        if HostFile.exists(path) { return try SecretFile.read(path, trimNewline: false) }
        guard HostFile.exists(sealedPath) else { return nil }
        return try await open()
    }

    /// The secret that must be there.
    func required() async throws -> SecretBytes {
        if let secret = try await read() { return secret }
        throw ErrorBody(
            error: "ADM-020", message: "neither \(path) nor \(sealedPath) is there; 'martlet-admin prepare' makes what is missing"
        )
    }

    /// Opens the sealed form.
    func open() async throws -> SecretBytes {
        let result = try await HostProgram.run("systemd-creds", ["decrypt", "--name=\(name)", sealedPath, "-"])
        guard var result, result.isGood else {
            throw ErrorBody(
                error: "ADM-021",
                message:
                    "\(sealedPath) cannot be opened: \(result?.complaint ?? "there is no systemd-creds on this machine"). It opens "
                    + "only on the host that sealed it; on another, restore it from a backup")
        }
        return SecretBytes(wiping: &result.output)
    }

    /// What is kept of the secret on this host; nil where systemd-creds does not work, with the reason.
    func sealed(_ secret: SecretBytes) async throws -> (bytes: [UInt8]?, reason: String) {
        guard
            let result = try await HostProgram.run(
                "systemd-creds", ["encrypt", "--name=\(name)", "--with-key=host", "-", "-"], input: secret)
        else { return (nil, "there is no systemd-creds on this machine") }
        guard result.isGood, !result.output.isEmpty else { return (nil, result.complaint) }
        return (result.output, "")
    }

    /// Keeps a new secret in the best form that this host has; one that is there gives way.
    /// - Returns: nil where it is sealed, otherwise why it is not.
    func keep(_ secret: SecretBytes, owner: UInt32) async throws -> String? {
        let (bytes, reason) = try await sealed(secret)
        if let bytes {
            try HostFile.replace(sealedPath, bytes, mode: 0o600, owner: HostFile.Owner(uid: 0, gid: 0))
            guard try await open() == secret else {
                throw ErrorBody(error: "ADM-021", message: "\(sealedPath): what was sealed opens as something else")
            }
            try HostFile.remove(path)
            return nil
        }
        var plain = secret.copyBytes()
        defer { plain.wipe() }
        try HostFile.replace(path, plain, mode: 0o400, owner: HostFile.Owner(uid: owner))
        try HostFile.remove(sealedPath)
        return reason
    }
}
