import DirectoryRules

/// How people are looked up and signed in.
package struct DirectoryConfiguration: Sendable, Hashable {
    /// What the keys that are not given mean.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case openLDAP = "openldap"
        case activeDirectory = "active_directory"
    }

    /// How groups in groups are found.
    package enum Nesting: String, Sendable, Hashable, CaseIterable {
        /// By asking for the groups of the groups, until there are no new ones.
        case closure
        /// By the server, when the filter uses its matching rule.
        case matchingRule = "matching_rule"
        /// They are not: only the groups that name the person count.
        case off
    }

    package var kind: Kind
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
    /// Names a person for good.
    package var userIDAttribute: String
    /// What people sign in with, as it is shown.
    package var userNameAttribute: String
    /// Whoever matches is disabled, beside what entries say themselves; nil: nobody.
    package var disabledFilter: String?
    package var groupBase: String
    /// `{dn}` is replaced by the user's DN, `{username}` by their name as the directory has it, escaped.
    package var groupFilter: String
    /// Lists, in a person's entry, groups they are in; nil: not asked for.
    package var memberOfAttribute: String?
    package var nesting: Nesting
    /// Entries that a server is asked for at a time; 0: all at once.
    package var pageSize: Int
    package var connectTimeoutSeconds: Int
    package var requestTimeoutSeconds: Int

    package init(
        kind: Kind = .openLDAP, urls: [String], startTLS: Bool = false,
        certificateAuthorities: String = "/etc/ssl/certs/ca-certificates.crt", bindDN: String, bindPasswordFile: String,
        userBase: String, userFilter: String? = nil, userIDAttribute: String? = nil, userNameAttribute: String? = nil,
        disabledFilter: String? = nil, groupBase: String, groupFilter: String? = nil, memberOfAttribute: String? = "memberOf",
        nesting: Nesting = .closure, pageSize: Int = 500, connectTimeoutSeconds: Int = 5, requestTimeoutSeconds: Int = 10
    ) {
        self.kind = kind
        self.urls = urls
        self.startTLS = startTLS
        self.certificateAuthorities = certificateAuthorities
        self.bindDN = bindDN
        self.bindPasswordFile = bindPasswordFile
        self.userBase = userBase
        self.userFilter = userFilter ?? Self.userFilter(kind)
        self.userIDAttribute = userIDAttribute ?? (kind == .activeDirectory ? "objectGUID" : "entryUUID")
        self.userNameAttribute = userNameAttribute ?? (kind == .activeDirectory ? "sAMAccountName" : "uid")
        self.disabledFilter = disabledFilter
        self.groupBase = groupBase
        self.groupFilter = groupFilter ?? Self.groupFilter(kind, nesting)
        self.memberOfAttribute = memberOfAttribute
        self.nesting = nesting
        self.pageSize = pageSize
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.requestTimeoutSeconds = requestTimeoutSeconds
    }

    package static func userFilter(_ kind: Kind) -> String {
        switch kind {
        case .openLDAP: "(uid={username})"
        case .activeDirectory:
            "(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={username})(userPrincipalName={username})))"
        }
    }

    package static func groupFilter(_ kind: Kind, _ nesting: Nesting) -> String {
        let rule = nesting == .matchingRule ? ":\(FilterText.matchingRuleInChain):" : ""
        return switch kind {
        case .openLDAP: "(|(member\(rule)={dn})(uniqueMember\(rule)={dn}))"
        case .activeDirectory: "(&(objectClass=group)(member\(rule)={dn}))"
        }
    }

    /// The longest that anybody waits for an answer: connecting to each server, and one request's time.
    package var answerWithin: Duration { .seconds(connectTimeoutSeconds * urls.count + requestTimeoutSeconds) }
}
