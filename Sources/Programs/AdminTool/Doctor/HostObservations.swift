import PlatformModel

/// What was seen on a host, before anybody says what it means.
struct HostObservations: Sendable, Hashable {
    struct Room: Sendable, Hashable {
        enum Answer: Sendable, Hashable {
            /// What fails in it, by name; empty where it is ready.
            case came(version: String, failing: [String: String])
            case none(String)
        }
        var name: String
        var socket: SocketFile?
        var answer: Answer
    }

    struct SocketFile: Sendable, Hashable {
        var path: String
        var mode: UInt32
        var owner: UInt32
    }

    enum CertificateState: Sendable, Hashable {
        /// - missing: Names that clients are told to use, and that it is not for.
        case read(path: String, goodUntil: Timestamp, isSelfSigned: Bool, missing: [String])
        /// Neither of the files is there, and the gateway makes a pair when it starts.
        case none
        case unreadable(String)
    }

    enum Directory: Sendable, Hashable {
        case notConfigured
        case checked([Step])
        case notChecked(String)

        struct Step: Sendable, Hashable {
            var level: Finding.Level
            var name: String
            var detail: String
            var remedy: String?
        }
    }

    enum Database: Sendable, Hashable {
        case away(String)
        /// - secondsOff: The server's clock against this host's.
        case reached(schema: Int, secondsOff: Double, stores: [Store])
    }

    /// A secret store of an organisation's own.
    struct Store: Sendable, Hashable {
        var organization: String
        var id: String
        var address: String
    }

    struct Disk: Sendable, Hashable {
        var path: String
        var what: String
        var free: Int64
        var total: Int64
    }

    enum Peer: Sendable, Hashable {
        case answers(String)
        case silent(path: String, reason: String)
        case notConfigured
        /// It starts with the first thing that it has to do.
        case notNeededYet
    }

    /// A file that holds a secret.
    struct SecretFile: Sendable, Hashable {
        var path: String
        var mode: UInt32
        var owner: UInt32
        /// Who may own it.
        var owners: Set<UInt32>
        /// It lies there in clear, where it could be sealed.
        var isPlain: Bool
    }

    enum Audit: Sendable, Hashable {
        /// - passedOver: Older entries that were not looked at.
        case whole(entries: Int64, passedOver: Int64, ends: Int, unsealed: Int, unsealedSince: Timestamp?)
        case broken(String)
        case notChecked(String)
    }

    var now: Timestamp
    var rooms: [Room]
    var certificate: CertificateState
    var directory: Directory
    var database: Database
    /// Whether the broker may reach stores outside at all.
    var storesAreAllowed: Bool
    var disks: [Disk]
    /// nil: the kernel does not say.
    var clockIsSynchronised: Bool?
    var podman: Peer
    var proxy: Peer
    /// Ports that the proxy is to open by itself, and that need a right which it has not as it is installed.
    var proxyPortsWithoutRight: [Int] = []
    var hasRootKey: Bool
    var secrets: [SecretFile]
    /// The private half of the backup key still lies on this host, there.
    var backupKeyAt: String?
    var hasBackupKey: Bool
    var audit: Audit
}
