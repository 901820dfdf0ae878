import ServiceRuntime

/// What `martlet-admin setup` wants to know.
struct SetupAnswers: FileConfiguration, Sendable, Hashable {
    enum DirectoryKind: String, CaseIterable, Sendable {
        case openLDAP = "openldap"
        case activeDirectory = "active_directory"
        /// As it is configured, or none yet.
        case none
    }

    struct Directory: Sendable, Hashable {
        var urls: [String] = []
        var authorities = "/etc/ssl/certs/ca-certificates.crt"
        var bindDN = ""
        var bindPasswordFile = ""
        var userBase = ""
        var groupBase = ""
    }

    struct Organization: Sendable, Hashable {
        var id: String
        var name: String
        /// The DN of a group whose members administer it.
        var administrators: String?
    }

    var kind: DirectoryKind
    var directory: Directory
    var organization: Organization?
    /// Names of ready definitions.
    var definitions: [String]

    init(kind: DirectoryKind, directory: Directory = Directory(), organization: Organization? = nil, definitions: [String] = []) {
        self.kind = kind
        self.directory = directory
        self.organization = organization
        self.definitions = definitions
    }

    init(reading section: ConfigSection) {
        let ldap = section.section("directory")
        kind =
            DirectoryKind(
                rawValue: ldap.choice("kind", of: DirectoryKind.allCases.map(\.rawValue), default: DirectoryKind.none.rawValue))
            ?? .none
        directory = Directory()
        if kind == .openLDAP || kind == .activeDirectory {
            directory.urls = ldap.strings("urls")
            if directory.urls.isEmpty { ldap.problem("urls", "name at least one server, such as ldaps://ldap.example.org") }
            directory.authorities = ldap.string("ca", default: directory.authorities)
            directory.bindDN = ldap.string("bind_dn")
            directory.bindPasswordFile = ldap.string("bind_password_file")
            directory.userBase = ldap.string("user_base")
            directory.groupBase = ldap.string("group_base")
        }
        if let organization = section.optionalSection("organization") {
            let id = organization.string("id")
            self.organization = Organization(
                id: id, name: organization.string("name", default: id),
                administrators: organization.optionalString("administrators"))
        }
        definitions = section.strings("definitions", default: [])
        if !definitions.isEmpty, organization == nil {
            section.problem("definitions", "they belong to an organisation: name one in `organization`")
        }
    }
}
