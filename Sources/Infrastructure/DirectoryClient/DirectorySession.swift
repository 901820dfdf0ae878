import CLDAP
import Cryptography
import DirectoryRules

/// What one directory thread does and keeps: a connection to search on, one to try passwords on, both made when needed.
final class DirectorySession {
    /// A kept connection is made anew after this time, so that a server that came back is used again.
    private static let keptSeconds: Int64 = 300

    struct Nonsense: Error, CustomStringConvertible {
        let description: String
    }

    let configuration: DirectoryConfiguration
    let userBase: DistinguishedName?
    let identity: IdentityAttribute
    private let servers: ServerPool
    private var searching: (connection: DirectoryConnection, since: Int64)?
    private var binding: (connection: DirectoryConnection, since: Int64)?
    /// The groups that groups are in, for a moment: people in the same groups are asked about one after the other.
    var parents = GroupMemory()
    /// Of whoever waits for what is done now.
    private var interruption = Interruption()

    /// What a server says when the name or password is wrong, or the account may not be used.
    static let refusals: Set<Int32> = [
        LDAP_INVALID_CREDENTIALS, LDAP_INAPPROPRIATE_AUTH, LDAP_UNWILLING_TO_PERFORM, LDAP_INSUFFICIENT_ACCESS,
        LDAP_NO_SUCH_OBJECT, LDAP_CONSTRAINT_VIOLATION,
    ]

    init(_ configuration: DirectoryConfiguration, servers: ServerPool) {
        self.configuration = configuration
        self.servers = servers
        userBase = DistinguishedName(configuration.userBase)
        identity = IdentityAttribute(configuration.userIDAttribute)
    }

    /// Does one job, for as long as somebody waits for it.
    func perform(_ interruption: Interruption, _ job: (DirectorySession) -> Void) {
        guard !interruption.isOver else { return }
        self.interruption = interruption
        job(self)
        self.interruption = Interruption()
    }

    /// Searches as the service account, over a new connection when the kept one is dead.
    func search(
        base: String, scope: DirectoryConnection.Scope = .subtree, filter: String, attributes: [String], limit: Int32
    ) throws -> [DirectoryEntry] {
        func ask(_ connection: DirectoryConnection) throws(DirectoryConnection.Failure) -> [DirectoryEntry] {
            try connection.search(base: base, scope: scope, filter: filter, attributes: attributes, limit: limit)
        }
        if let kept = searching, ServerPool.now - kept.since < Self.keptSeconds {
            do throws(DirectoryConnection.Failure) { return try ask(kept.connection) } catch {
                guard Self.isBroken(error) else { throw error }
                searching = nil
                // Whoever waited waits no longer: nothing is tried again for them.
                if interruption.isOver || error.code == LDAP_TIMEOUT { throw error }
            }
        }
        searching = nil
        let fresh = try connect()
        try fresh.bind(dn: configuration.bindDN, password: SecretFile.read(configuration.bindPasswordFile))
        searching = (fresh, ServerPool.now)
        do throws(DirectoryConnection.Failure) { return try ask(fresh) } catch {
            if Self.isBroken(error) { searching = nil }
            throw error
        }
    }

    /// Whether a server takes this password. Never sends an empty one, or one with a NUL byte, which would end it early somewhere.
    func accepts(dn: String, password: SecretBytes) throws -> Bool {
        guard !password.isEmpty, !password.withUnsafeBytes({ $0.contains(0) }) else { return false }
        if let kept = binding, ServerPool.now - kept.since < Self.keptSeconds {
            do throws(DirectoryConnection.Failure) { return try Self.binds(kept.connection, dn, password) } catch {
                binding = nil
                if interruption.isOver || error.code == LDAP_TIMEOUT { throw error }
            }
        }
        binding = nil
        let fresh = try connect()
        let isRight = try Self.binds(fresh, dn, password)
        binding = (fresh, ServerPool.now)
        return isRight
    }

    private static func binds(
        _ connection: DirectoryConnection, _ dn: String, _ password: SecretBytes
    ) throws(DirectoryConnection.Failure) -> Bool {
        do throws(DirectoryConnection.Failure) {
            try connection.bind(dn: dn, password: password)
            return true
        } catch {
            guard refusals.contains(error.code) else { throw error }
            return false
        }
    }

    /// After these nothing more can be had from a connection, or late answers would be read as those to later questions.
    private static func isBroken(_ error: DirectoryConnection.Failure) -> Bool {
        [
            LDAP_SERVER_DOWN, LDAP_TIMEOUT, LDAP_CONNECT_ERROR, LDAP_DECODING_ERROR, LDAP_UNAVAILABLE, LDAP_BUSY,
            LDAP_PROTOCOL_ERROR, LDAP_INSUFFICIENT_ACCESS, LDAP_LOCAL_ERROR,
        ].contains(error.code)
    }

    /// The first server that answers, with TLS up.
    func connect() throws -> DirectoryConnection {
        var reasons: [String] = []
        for index in servers.next {
            guard !interruption.isOver else { break }
            do {
                let connection = try DirectoryConnection(configuration.urls[index], configuration) { [unowned self] in
                    self.interruption
                }
                servers.answered(index)
                return connection
            } catch {
                servers.failed(index)
                reasons.append(error.description)
            }
        }
        throw Nonsense(description: reasons.joined(separator: "; "))
    }
}
