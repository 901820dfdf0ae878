import DirectoryRules

/// How people are looked up and signed in.
package struct DirectoryConfiguration: Sendable, Hashable {
    /// Tried in this order: `ldaps://`, `ldap://` (only with `startTLS`), `ldapi://`.
    package var urls: [String]
    package var startTLS: Bool
    /// PEM file of the authorities that may vouch for the directory.
    package var certificateAuthorities: String
    /// Whom to search as.
    package var bindDN: String
    /// Holds the password of `bindDN`; read again at each connection, so it can be changed without a restart.
    package var bindPasswordFile: String
    package var userBase: String
    /// `{username}` is replaced, escaped.
    package var userFilter: String
    package var groupBase: String
    /// `{dn}` is replaced by the user's DN, escaped.
    package var groupFilter: String
    package var connectTimeoutSeconds: Int
    package var requestTimeoutSeconds: Int

    package init(
        urls: [String], startTLS: Bool = false, certificateAuthorities: String = "/etc/ssl/certs/ca-certificates.crt",
        bindDN: String,
        bindPasswordFile: String, userBase: String, userFilter: String = "(uid={username})", groupBase: String,
        groupFilter: String = "(|(member={dn})(uniqueMember={dn}))", connectTimeoutSeconds: Int = 5,
        requestTimeoutSeconds: Int = 10
    ) {
        self.urls = urls
        self.startTLS = startTLS
        self.certificateAuthorities = certificateAuthorities
        self.bindDN = bindDN
        self.bindPasswordFile = bindPasswordFile
        self.userBase = userBase
        self.userFilter = userFilter
        self.groupBase = groupBase
        self.groupFilter = groupFilter
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.requestTimeoutSeconds = requestTimeoutSeconds
    }

    /// What is wrong, each with the key it is in; empty when all is well.
    package var problems: [(key: String, message: String)] {
        var found: [(String, String)] = []
        if urls.isEmpty { found.append(("urls", "name at least one server, such as ldaps://ldap.example.org")) }
        for (index, url) in urls.enumerated() {
            if url.hasPrefix("ldap://"), !startTLS {
                found.append(("urls[\(index)]", "\(url) would carry passwords in clear; use ldaps:// or set starttls to true"))
            } else if !["ldap://", "ldaps://", "ldapi://"].contains(where: url.hasPrefix) {
                found.append(("urls[\(index)]", "\(url) is no ldaps://, ldap:// or ldapi:// address"))
            }
        }
        for (key, dn) in [("bind_dn", bindDN), ("user.base", userBase), ("group.base", groupBase)]
        where DistinguishedName(dn)?.isEmpty != false {
            found.append((key, "'\(dn)' is no distinguished name, such as ou=people,dc=example,dc=org"))
        }
        for (key, filter, placeholder) in [("user.filter", userFilter, "{username}"), ("group.filter", groupFilter, "{dn}")]
        where !filter.hasPrefix("(") || !filter.hasSuffix(")") || !filter.contains(placeholder) {
            found.append((key, "'\(filter)' must stand in brackets and contain \(placeholder)"))
        }
        for (key, seconds) in [
            ("connect_timeout_seconds", connectTimeoutSeconds), ("request_timeout_seconds", requestTimeoutSeconds),
        ]
        where !(1...120).contains(seconds) {
            found.append((key, "must be 1 to 120 seconds"))
        }
        return found
    }
}
