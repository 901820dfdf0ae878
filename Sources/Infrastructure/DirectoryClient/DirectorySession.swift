import CLDAP
import Cryptography
import DirectoryRules

/// What one directory thread does and keeps: a connection to search on, one to try passwords on, both made when needed.
final class DirectorySession {
    private let configuration: DirectoryConfiguration
    private let userBase: DistinguishedName?
    private var searching: DirectoryConnection?
    private var binding: DirectoryConnection?

    private static let personAttributes = ["entryUUID", "uid", "cn", "displayName", "mail", "memberOf"]
    /// Groups of one person: more is not understood, so *unknown*.
    private static let groupLimit: Int32 = 1000
    /// What a server says when the name or password is wrong, or the account may not be used.
    private static let refusals: Set<Int32> = [
        LDAP_INVALID_CREDENTIALS, LDAP_INAPPROPRIATE_AUTH, LDAP_UNWILLING_TO_PERFORM, LDAP_INSUFFICIENT_ACCESS,
        LDAP_NO_SUCH_OBJECT,
        LDAP_CONSTRAINT_VIOLATION,
    ]

    init(_ configuration: DirectoryConfiguration) {
        self.configuration = configuration
        userBase = DistinguishedName(configuration.userBase)
    }

    func signIn(username: String, password: SecretBytes) -> DirectoryAnswer<DirectoryPerson> {
        let filter = FilterText.fill(configuration.userFilter, "{username}", with: username)
        do {
            guard let entry = try person(filter) else {
                // Binding as nobody takes the time that a real person's bind takes.
                _ = try accepts(dn: "cn=nobody," + configuration.userBase, password: RandomBytes.makeSecret(16))
                return .notFound
            }
            guard try accepts(dn: entry.dn, password: password) else { return .notFound }
            return .found(try describe(entry, username: username))
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    /// The person again, as the directory has them now.
    func lookUp(id: String) -> DirectoryAnswer<DirectoryPerson> {
        do {
            guard let entry = try person("(entryUUID=\(FilterText.escape(id)))") else { return .notFound }
            return .found(try describe(entry, username: entry.attributes["uid"]?.first ?? id))
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    private struct Nonsense: Error, CustomStringConvertible {
        let description: String
    }

    private func person(_ filter: String) throws -> DirectoryConnection.Entry? {
        let entries = try search(base: configuration.userBase, filter: filter, attributes: Self.personAttributes, limit: 2)
        guard entries.count <= 1 else { throw Nonsense(description: "\(entries.count) entries match \(filter)") }
        guard let entry = entries.first else { return nil }
        guard let userBase, let dn = DistinguishedName(entry.dn), dn.isWithin(userBase) else {
            throw Nonsense(description: "\(entry.dn) is not under \(configuration.userBase)")
        }
        return entry
    }

    private func describe(_ entry: DirectoryConnection.Entry, username: String) throws -> DirectoryPerson {
        guard let id = entry.attributes["entryuuid"]?.first else {
            throw Nonsense(description: "\(entry.dn) has no readable entryUUID")
        }
        let filter = FilterText.fill(configuration.groupFilter, "{dn}", with: entry.dn)
        // "1.1" asks for no attributes (RFC 4511 section 4.5.1.8): the DN is enough.
        let found = try search(base: configuration.groupBase, filter: filter, attributes: ["1.1"], limit: Self.groupLimit)
        var groups: Set<String> = []
        for dn in found.map(\.dn) + (entry.attributes["memberof"] ?? []) {
            guard let name = DistinguishedName(dn) else { throw Nonsense(description: "'\(dn)' is no DN of a group") }
            groups.insert(name.description)
        }
        return DirectoryPerson(
            id: id, dn: entry.dn, username: entry.attributes["uid"]?.first ?? username,
            name: entry.attributes["displayname"]?.first ?? entry.attributes["cn"]?.first ?? username,
            email: entry.attributes["mail"]?.first, groups: groups.sorted())
    }

    /// Searches as the service account, over a new connection when the kept one is dead.
    private func search(
        base: String, filter: String, attributes: [String], limit: Int32
    ) throws -> [DirectoryConnection.Entry] {
        if let searching {
            do {
                return try searching.search(base: base, filter: filter, attributes: attributes, limit: limit)
            } catch  where error.code == LDAP_SERVER_DOWN {
                self.searching = nil
            }
        }
        let fresh = try connect()
        try fresh.bind(dn: configuration.bindDN, password: SecretFile.read(configuration.bindPasswordFile))
        let entries = try fresh.search(base: base, filter: filter, attributes: attributes, limit: limit)
        searching = fresh
        return entries
    }

    private func accepts(dn: String, password: SecretBytes) throws -> Bool {
        if let binding {
            do {
                try binding.bind(dn: dn, password: password)
                return true
            } catch  where Self.refusals.contains(error.code) {
                return false
            } catch {
                self.binding = nil
            }
        }
        let fresh = try connect()
        binding = fresh
        do {
            try fresh.bind(dn: dn, password: password)
            return true
        } catch  where Self.refusals.contains(error.code) {
            return false
        }
    }

    /// The first server that answers.
    private func connect() throws -> DirectoryConnection {
        var reasons: [String] = []
        for url in configuration.urls {
            do { return try DirectoryConnection(url, configuration) } catch { reasons.append(error.description) }
        }
        throw Nonsense(description: reasons.joined(separator: "; "))
    }
}
