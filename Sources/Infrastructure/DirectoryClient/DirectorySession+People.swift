import CLDAP
import Cryptography
import DirectoryRules
import Glibc

extension DirectorySession {
    /// Groups that one search may find: more are too many for one person.
    private static let groupLimit: Int32 = 5000

    private var personAttributes: [String] {
        let own = [configuration.userIDAttribute, configuration.userNameAttribute, "cn", "displayName", "mail"]
        return own + [configuration.memberOfAttribute].compactMap { $0 } + AccountState.attributes
    }

    func tryPassword(username: String, password: SecretBytes) -> DirectoryAnswer<PasswordTry> {
        let filter = FilterText.fill(configuration.userFilter, "{username}", with: username)
        do {
            guard let entry = try person(filter) else {
                // Binding as nobody takes the time that a real person's bind takes. Without a zero byte, with which nothing would be sent.
                let guess = SecretBytes(try RandomBytes.make(16).map { $0 | 1 })
                _ = try accepts(dn: "cn=nobody," + configuration.userBase, password: guess)
                return .found(PasswordTry())
            }
            guard try accepts(dn: entry.dn, password: password) else {
                return .found(PasswordTry(account: id(of: entry)))
            }
            let person = try describe(entry, username: username)
            return .found(PasswordTry(account: person.id, person: person.disabled == nil ? person : nil))
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    /// The person again, as the directory has them now.
    func lookUp(id: String) -> DirectoryAnswer<DirectoryPerson> {
        do {
            guard let filter = identity.filter(for: id) else { return .notFound }
            guard let entry = try person(filter) else { return .notFound }
            return .found(try describe(entry, username: id))
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    /// Whether a search for people, whoever they are, finds anybody at all.
    func seesAnybody() -> DirectoryAnswer<Bool> {
        sight(base: configuration.userBase, .subtree, FilterText.anybody(configuration.userFilter, ["{username}"]))
    }

    /// Whether a group is there and somebody is in it, whoever that is.
    func seesMembers(ofGroup dn: String) -> DirectoryAnswer<Bool> {
        sight(base: dn, .base, FilterText.anybody(configuration.groupFilter, ["{dn}", "{username}"]))
    }

    private func sight(
        base: String, _ scope: DirectoryConnection.Scope, _ filter: String
    ) -> DirectoryAnswer<Bool> {
        do {
            return .found(try !search(base: base, scope: scope, filter: filter, attributes: ["1.1"], limit: 1).isEmpty)
        } catch let error as DirectoryConnection.Failure {
            switch error.code {
            // More than the one that was asked for.
            case LDAP_SIZELIMIT_EXCEEDED: return .found(true)
            case LDAP_NO_SUCH_OBJECT: return .found(false)
            default: return .unknown(reason: error.description)
            }
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    func person(_ filter: String) throws -> DirectoryEntry? {
        let entries = try search(base: configuration.userBase, filter: filter, attributes: personAttributes, limit: 2)
        guard entries.count <= 1 else { throw Nonsense(description: "\(entries.count) entries match \(filter)") }
        guard let entry = entries.first else { return nil }
        guard let userBase, let dn = DistinguishedName(entry.dn), dn.isWithin(userBase) else {
            throw Nonsense(description: "\(entry.dn) is not under \(configuration.userBase)")
        }
        return entry
    }

    func describe(_ entry: DirectoryEntry, username: String) throws -> DirectoryPerson {
        guard let id = id(of: entry) else {
            throw Nonsense(description: "\(entry.dn) has no readable \(configuration.userIDAttribute)")
        }
        let own = entry.text(configuration.userNameAttribute)
        return DirectoryPerson(
            id: id, dn: entry.dn, username: own ?? username, name: entry.text("displayName") ?? entry.text("cn") ?? username,
            email: entry.text("mail"), groups: try groups(of: entry, username: own), disabled: try disabled(entry))
    }

    private func id(of entry: DirectoryEntry) -> String? {
        entry.values[configuration.userIDAttribute.lowercased()]?.first.flatMap(identity.text(of:))
    }

    private func disabled(_ entry: DirectoryEntry) throws -> String? {
        if let reason = AccountState.whyDisabled(entry.texts, now: Int64(time(nil))) { return reason }
        guard let filter = configuration.disabledFilter else { return nil }
        let matches = try search(base: entry.dn, scope: .base, filter: filter, attributes: ["1.1"], limit: 1)
        return matches.isEmpty ? nil : "matches \(filter)"
    }

    /// Normalised and sorted.
    func groups(of entry: DirectoryEntry, username: String?) throws -> [String] {
        var closure = GroupClosure()
        try closure.add(try groups(matching: [(entry.dn, username)]))
        try closure.add(configuration.memberOfAttribute.map(entry.texts) ?? [])
        guard configuration.nesting == .closure else { return closure.groups }
        while true {
            let part = try closure.next()
            guard !part.isEmpty else { return closure.groups }
            let question = part.joined(separator: "\n")
            if let found = parents.recall(question, now: ServerPool.now) {
                try closure.add(found)
                continue
            }
            let found = try groups(matching: part.map { ($0, nil) })
            parents.remember(found, question, now: ServerPool.now)
            try closure.add(found)
        }
    }

    private func groups(matching members: [(dn: String, username: String?)]) throws -> [String] {
        let filters = members.map { member in
            // A group has no name that somebody signs in with: its DN is nobody's.
            FilterText.fill(configuration.groupFilter, ["{dn}": member.dn, "{username}": member.username ?? member.dn])
        }
        let filter = filters.count == 1 ? filters[0] : "(|\(filters.joined()))"
        // "1.1" asks for no attributes (RFC 4511 section 4.5.1.8): the DN is enough.
        return try search(base: configuration.groupBase, filter: filter, attributes: ["1.1"], limit: Self.groupLimit).map(\.dn)
    }
}
