import CLDAP
import Cryptography
import DirectoryRules

/// Goes through everything that a sign-in needs, and tells each step. Blocks: a directory thread runs it.
struct DirectoryCheck {
    private let configuration: DirectoryConfiguration
    private let username: String?
    private var report = DirectoryCheckReport()

    /// - Parameter username: Whom to look for; nil: nobody in particular.
    static func run(_ configuration: DirectoryConfiguration, username: String?) -> DirectoryCheckReport {
        var check = DirectoryCheck(configuration: configuration, username: username)
        let working = check.servers()
        guard let working else { return check.report }
        // The rest is about the first server that works, as people would be served.
        var one = configuration
        one.urls = [working]
        check.people(DirectorySession(one, servers: ServerPool(count: 1)))
        return check.report
    }

    private init(configuration: DirectoryConfiguration, username: String?) {
        self.configuration = configuration
        self.username = username
    }

    private mutating func add(
        _ step: String, _ outcome: DirectoryCheckReport.Step.Outcome, _ detail: String, _ remedy: String? = nil,
        code: Int32? = nil
    ) {
        report.steps.append(
            .init(step: step, outcome: outcome, detail: detail, remedy: remedy, resultCode: code.map(Int.init)))
    }

    // MARK: Each server

    /// Tries every server, so that the second is not found broken on the day when the first one is.
    private mutating func servers() -> String? {
        var working: String?
        for url in configuration.urls where isGood(url) { working = working ?? url }
        return working
    }

    private mutating func isGood(_ url: String) -> Bool {
        let interruption = Interruption()
        let connection: DirectoryConnection
        do throws(DirectoryConnection.Failure) {
            connection = try DirectoryConnection(url, configuration) { interruption }
        } catch {
            if error.stage == .connect {
                add("connect", .failed, error.description, DirectoryRemedy.ofConnecting(error), code: error.code)
            } else {
                add("connect", .ok, url)
                add("tls", .failed, error.description, DirectoryRemedy.ofTLS(error, url), code: error.code)
            }
            return false
        }
        add("connect", .ok, url)
        if !url.hasPrefix("ldapi:") { add("tls", .ok, "\(url): the certificate is good, and is for this host") }
        return binds(connection, url)
    }

    private mutating func binds(_ connection: DirectoryConnection, _ url: String) -> Bool {
        let password: SecretBytes
        do { password = try SecretFile.read(configuration.bindPasswordFile) } catch {
            add(
                "bind", .failed, "\(error)",
                "ldap.bind_password_file must be a file that can be read here; a systemd credential is there while the gateway runs."
            )
            return false
        }
        do throws(DirectoryConnection.Failure) {
            try connection.bind(dn: configuration.bindDN, password: password)
            add("bind", .ok, "\(url): as \(configuration.bindDN)")
            return true
        } catch {
            let what = "\(url): as \(configuration.bindDN): \(error.description)"
            add("bind", .failed, what, DirectoryRemedy.ofBinding(error.code), code: error.code)
            return false
        }
    }

    // MARK: People and groups

    private mutating func people(_ session: DirectorySession) {
        let configuration = configuration
        switch session.seesAnybody() {
        case .found(true): add("people", .ok, "\(configuration.userFilter) finds people under \(configuration.userBase)")
        case .found(false), .notFound:
            add(
                "people", .failed, "nobody is found under \(configuration.userBase)",
                "Correct ldap.user.base or ldap.user.filter (\(configuration.userFilter)), or let ldap.bind_dn see people there.")
        case .unknown:
            search("people", "user.base") {
                _ = try session.search(
                    base: configuration.userBase, filter: FilterText.anybody(configuration.userFilter, ["{username}"]),
                    attributes: ["1.1"], limit: 1)
            }
        }
        search("groups", "group.base") {
            _ = try session.search(
                base: configuration.groupBase, scope: .base, filter: "(objectClass=*)", attributes: ["1.1"], limit: 1)
        }
        if let username { person(username, session) }
    }

    /// Adds a step only when the search fails.
    @discardableResult
    private mutating func search(_ step: String, _ key: String, _ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch let error as DirectoryConnection.Failure {
            add(step, .failed, error.description, DirectoryRemedy.ofSearching(error.code, key), code: error.code)
        } catch {
            add(step, .failed, "\(error)", DirectoryRemedy.general(LDAP_OTHER))
        }
        return false
    }

    private mutating func person(_ username: String, _ session: DirectorySession) {
        let filter = FilterText.fill(configuration.userFilter, "{username}", with: username)
        var entry: DirectoryEntry?
        guard search("person", "user.base", { entry = try session.person(filter) }) else { return }
        guard let entry else {
            add(
                "person", .failed, "\(filter) finds nobody under \(configuration.userBase)",
                "Is the name right? Else correct ldap.user.filter or ldap.user.base.")
            return
        }
        guard let id = entry.values[configuration.userIDAttribute.lowercased()]?.first.flatMap(session.identity.text(of:)) else {
            add(
                "person", .failed, "\(entry.dn) has no readable \(configuration.userIDAttribute)",
                "Let ldap.bind_dn read it, or set ldap.user.id_attribute to the attribute that names people for good here.")
            return
        }
        add("person", .ok, "\(entry.dn), \(configuration.userIDAttribute) \(id)")
        if entry.text(configuration.userNameAttribute) == nil {
            add(
                "person", .warning, "\(entry.dn) has no readable \(configuration.userNameAttribute)",
                "Correct ldap.user.name_attribute, or let ldap.bind_dn read it: people are shown as they typed their name.")
        }
        groups(of: entry, username, session)
    }

    private mutating func groups(of entry: DirectoryEntry, _ username: String, _ session: DirectorySession) {
        let configuration = configuration
        var flat = configuration
        flat.nesting = .off
        let direct = DirectorySession(flat, servers: ServerPool(count: 1))
        var names: [String] = [], described: DirectoryPerson?
        guard
            search(
                "groups", "group.base",
                {
                    names = try direct.groups(of: entry, username: entry.text(configuration.userNameAttribute))
                    described = try session.describe(entry, username: username)
                }), let person = described
        else { return }
        if let reason = person.disabled {
            add("account", .warning, "disabled: \(reason)", "They cannot sign in until the directory says otherwise.")
        } else {
            add("account", .ok, "may be used")
        }
        let nested = Set(person.groups).subtracting(names).sorted()
        if person.groups.isEmpty {
            let filter = FilterText.fill(configuration.groupFilter, ["{dn}": entry.dn, "{username}": person.username])
            add(
                "groups", .warning, "none: \(filter) finds nothing under \(configuration.groupBase)",
                "If they should be in one: correct ldap.group.filter or ldap.group.base, or let ldap.bind_dn see members.")
        } else {
            add("groups", .ok, "\(names.count): \(names.joined(separator: "; "))")
            let how = configuration.nesting == .off ? "not looked for (ldap.group.nested is off)" : "\(nested.count) more"
            add("nested", .ok, nested.isEmpty ? how : "\(how): \(nested.joined(separator: "; "))")
        }
        report.person = .init(
            id: person.id, dn: person.dn, username: person.username, name: person.name, email: person.email,
            disabled: person.disabled, directGroups: names, nestedGroups: nested)
    }
}
