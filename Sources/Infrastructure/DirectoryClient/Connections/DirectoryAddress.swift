import CLDAP
import Glibc

/// Where a server of the directory is, read from its URL.
struct DirectoryAddress: Sendable, Hashable {
    enum Scheme: String, Sendable, Hashable {
        case ldap, ldaps, ldapi
    }

    var scheme: Scheme
    /// A name or an address; of `ldapi` the socket's path.
    var host: String
    var port: UInt16

    /// nil when the text is no URL of a server, or has more in it than that.
    init?(_ url: String) {
        var parsed: UnsafeMutablePointer<LDAPURLDesc>?
        guard ldap_url_parse(url, &parsed) == LDAP_URL_SUCCESS, let description = parsed else { return nil }
        defer { ldap_free_urldesc(description) }
        let parts = description.pointee
        guard let scheme = parts.lud_scheme.flatMap({ Scheme(rawValue: String(cString: $0).lowercased()) }) else { return nil }
        guard let host = parts.lud_host.map({ String(cString: $0) }), !host.isEmpty else { return nil }
        // A base or a filter in a URL would be silently without effect.
        if let base = parts.lud_dn, base.pointee != 0 { return nil }
        if parts.lud_filter != nil || parts.lud_attrs != nil || parts.lud_exts != nil { return nil }
        self.scheme = scheme
        self.host = host
        switch scheme {
        case .ldapi: port = 0
        case .ldap, .ldaps:
            guard let port = UInt16(exactly: parts.lud_port == 0 ? (scheme == .ldap ? 389 : 636) : parts.lud_port) else {
                return nil
            }
            self.port = port
        }
    }
}
