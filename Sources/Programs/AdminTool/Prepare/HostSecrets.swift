import Cryptography
import PlatformModel

/// The secrets that systemd hands to services: makes what is missing, seals what lies there in clear.
struct HostSecrets: Sendable {
    struct Kind: Sendable, Hashable {
        var name: String
        var unit: String
        /// Made when it is not there, and never changed: without it everything that it sealed is lost.
        var isRoot: Bool
    }

    static let kinds = [
        Kind(name: "root-key", unit: "martlet-broker.service", isRoot: true),
        Kind(name: "ldap-bind-password", unit: "martlet-gateway.service", isRoot: false),
    ]

    let rootKeyFile: String
    let owner: UInt32
    /// Of drop-ins: `/etc/systemd/system`.
    let units: String

    func run(_ changed: (String) -> Void) async throws {
        let folder = String(rootKeyFile[..<(rootKeyFile.lastIndex(of: "/") ?? rootKeyFile.startIndex)])
        var hasChangedUnits = false
        for kind in Self.kinds {
            let credential = HostCredential(path: kind.isRoot ? rootKeyFile : "\(folder)/\(kind.name)")
            try await settle(credential, kind, changed)
            if try settleUnit(credential, kind, changed) { hasChangedUnits = true }
        }
        if hasChangedUnits, HostFile.exists("/run/systemd/system") {
            _ = try await HostProgram.run("systemctl", ["daemon-reload"])
        }
    }

    private func settle(_ credential: HostCredential, _ kind: Kind, _ changed: (String) -> Void) async throws {
        switch (HostFile.exists(credential.path), HostFile.exists(credential.sealedPath)) {
        case (false, true): return
        case (false, false):
            guard kind.isRoot else { return }
            let reason = try await credential.keep(try RandomBytes.makeSecret(AESGCM.keyByteCount), owner: owner)
            changed("made \(kind.name), \(Self.words(reason))")
        case (true, false):
            // Tried each time: a host that could not may be able to now.
            guard let plain = try await credential.read(), try await credential.sealed(plain).bytes != nil else { return }
            if try await credential.keep(plain, owner: owner) == nil { changed("sealed \(kind.name) to this host") }
        case (true, true):
            guard let plain = try await credential.read() else { return }
            if try await credential.open() == plain {
                // Of a run that was ended before it took the plain one away.
                try HostFile.remove(credential.path)
                return changed("removed \(credential.path), which is sealed already")
            }
            guard !kind.isRoot else {
                throw ErrorBody(
                    error: "ADM-025",
                    message:
                        "\(credential.path) and \(credential.sealedPath) hold different keys, and only one of them opens this host's "
                        + "secrets. Move the wrong one away: the broker starts with the right one alone")
            }
            if try await credential.keep(plain, owner: owner) == nil { changed("sealed the new \(kind.name) to this host") }
        }
    }

    /// The unit reads the sealed form; where there is none, a drop-in has it read the plain one.
    private func settleUnit(_ credential: HostCredential, _ kind: Kind, _ changed: (String) -> Void) throws -> Bool {
        let folder = "\(units)/\(kind.unit).d", path = "\(folder)/martlet-plain-\(kind.name).conf"
        guard HostFile.exists(credential.path) else {
            guard HostFile.exists(path) else { return false }
            try HostFile.remove(path)
            changed("removed \(path)")
            return true
        }
        let text = """
            # systemd-creds does not work on this host: the file is read as it is. Written and removed by martlet-admin prepare.
            [Service]
            LoadCredential=
            LoadCredential=\(kind.name):\(credential.path)

            """
        if HostFile.exists(path), try HostFile.text(path) == text { return false }
        try HostFile.makeFolder(folder)
        try HostFile.replace(path, Array(text.utf8))
        changed("wrote \(path)")
        return true
    }

    private static func words(_ reason: String?) -> String {
        reason.map { "as a file of its service's alone, since systemd-creds says: \($0)" } ?? "sealed to this host"
    }
}
