import ServiceRuntime

/// What `martlet-admin setup` wants to know.
struct SetupAnswers: FileConfiguration, Sendable, Hashable {
    enum DirectoryKind: String, CaseIterable, Sendable {
        case openLDAP = "openldap"
        case activeDirectory = "active_directory"
        /// An OpenLDAP on this machine, which is made for it.
        case local
        /// As it is configured, or none yet.
        case none
    }

    struct Local: Sendable, Hashable {
        static let domain = "martlet.internal"

        /// The name that the first person signs in with.
        var person: String
        var domain = Local.domain

        /// It stands in names of the directory as it is.
        static func isName(_ text: String) -> Bool {
            text.utf8.count <= 64 && text.first?.isASCII == true && text.first?.isLetter == true
                && text.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
        }

        static func isDomain(_ text: String) -> Bool {
            text.utf8.count <= 128
                && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                    !label.isEmpty && label.first != "-" && label.last != "-" && label.utf8.allSatisfy(isWordByte)
                }
        }

        private static func isWordByte(_ byte: UInt8) -> Bool {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "-")
        }
    }

    struct Directory: Sendable, Hashable {
        var urls: [String] = []
        var authorities = "/etc/ssl/certs/ca-certificates.crt"
        var bindDN = ""
        /// Of a local one there is none.
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
    /// Given with the kind `local`.
    var local: Local?
    var organization: Organization?
    /// Names of ready definitions.
    var definitions: [String]

    init(
        kind: DirectoryKind, directory: Directory = Directory(), local: Local? = nil, organization: Organization? = nil,
        definitions: [String] = []
    ) {
        self.kind = kind
        self.directory = directory
        self.local = local
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
        if kind == .local {
            let wish = Local(person: ldap.string("person"), domain: ldap.string("domain", default: Local.domain))
            if ldap.has("person"), !Local.isName(wish.person) {
                ldap.problem("person", "'\(wish.person)' must be a letter and then letters, digits, '.', '-' and '_', all small")
            }
            if !Local.isDomain(wish.domain) {
                ldap.problem("domain", "'\(wish.domain)' is no domain, such as example.org, in small letters")
            }
            local = wish
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
