import CLDAP

/// What to do about a failure, by its result code (RFC 4511 appendix A) and what was done.
enum DirectoryRemedy {
    static func ofConnecting(_ failure: DirectoryConnection.Failure) -> String {
        "Is the server running, and may this machine reach its port? ldap:// is port 389, ldaps:// is 636; another one goes into the URL."
    }

    static func ofTLS(_ failure: DirectoryConnection.Failure, _ url: String) -> String {
        let text = failure.description.lowercased()
        if text.contains("hostname does not match") || text.contains("does not match name") {
            return "The certificate is for another name. Use a name or address in ldap.urls that is in the server's certificate."
        }
        if text.contains("ca file") { return "Correct ldap.ca: a PEM file with the authorities' certificates." }
        if text.contains("starttls"), failure.code != LDAP_CONNECT_ERROR, failure.code != LDAP_SERVER_DOWN {
            return "The server refuses StartTLS. Turn TLS on there, or use ldaps://. Nothing is ever sent in clear."
        }
        return
            "The certificate is not trusted, has expired, is for another name, or this port does not speak TLS this way. Look at it with: "
            + "openssl s_client -connect HOST:PORT\(url.hasPrefix("ldap://") ? " -starttls ldap" : "") -showcerts; "
            + "ldap.ca must hold the authority that signed it."
    }

    static func ofBinding(_ code: Int32) -> String {
        switch code {
        case LDAP_INVALID_CREDENTIALS, LDAP_NO_SUCH_OBJECT, LDAP_INAPPROPRIATE_AUTH:
            "ldap.bind_dn or the password in ldap.bind_password_file is wrong. The file's last line break does not count; no other one may be in it."
        case LDAP_INVALID_DN_SYNTAX: "Correct ldap.bind_dn: it is no name for this server."
        case LDAP_STRONG_AUTH_REQUIRED, LDAP_CONFIDENTIALITY_REQUIRED:
            "The server wants a safer connection: use ldaps:// or starttls: true."
        case LDAP_UNWILLING_TO_PERFORM, LDAP_CONSTRAINT_VIOLATION, LDAP_INSUFFICIENT_ACCESS:
            "The server does not let this account in: it may be locked, expired, or bound to other hosts."
        default: general(code)
        }
    }

    /// - Parameter key: The key of the base that was searched, such as `user.base`.
    static func ofSearching(_ code: Int32, _ key: String) -> String {
        switch code {
        case LDAP_NO_SUCH_OBJECT: "Correct ldap.\(key): there is no such entry, or ldap.bind_dn may not see it."
        case LDAP_REFERRAL:
            "What is under ldap.\(key) is on another server. Referrals are never followed: put the server that has it into ldap.urls."
        case LDAP_INSUFFICIENT_ACCESS: "Let ldap.bind_dn read and search under ldap.\(key)."
        case LDAP_SIZELIMIT_EXCEEDED, LDAP_ADMINLIMIT_EXCEEDED, LDAP_TIMELIMIT_EXCEEDED:
            "The server stops before the end: raise its limits for ldap.bind_dn, lower ldap.page_size, or add an index for the filter."
        case LDAP_FILTER_ERROR:
            "Correct ldap.\(key.split(separator: ".").first.map(String.init) ?? "user").filter: it is no filter."
        default: general(code)
        }
    }

    static func general(_ code: Int32) -> String {
        switch code {
        case LDAP_TIMEOUT, LDAP_SERVER_DOWN, LDAP_BUSY, LDAP_UNAVAILABLE:
            "The server does not answer in time, or ended the connection: look at its load and its log."
        default: "Look into the server's log at this time."
        }
    }
}
