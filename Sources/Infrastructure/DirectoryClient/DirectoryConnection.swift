import CLDAP
import Cryptography
import Glibc

/// One connection to one server of the directory, over libldap. Its calls block: only a directory thread uses it.
final class DirectoryConnection {
    struct Failure: Error, CustomStringConvertible {
        /// libldap's or the server's result code.
        let code: Int32
        let description: String
    }

    struct Entry {
        let dn: String
        /// By lower-case name; values that are not UTF-8 are left out.
        let attributes: [String: [String]]
    }

    private let handle: OpaquePointer
    private let requestTimeoutSeconds: Int

    /// Connects, with TLS up and the server's certificate and host checked before anything is said.
    init(_ url: String, _ configuration: DirectoryConfiguration) throws(Failure) {
        var handle: OpaquePointer?
        let made = ldap_initialize(&handle, url)
        guard made == LDAP_SUCCESS, let handle else { throw Failure(code: made, description: "\(url): \(Self.text(of: made))") }
        self.handle = handle
        requestTimeoutSeconds = configuration.requestTimeoutSeconds
        try prepare(configuration)
        // Now, not at the first request: the next server is tried when this one is not there.
        try check(ldap_connect(handle), url)
        if configuration.startTLS, url.hasPrefix("ldap://") { try check(ldap_start_tls_s(handle, nil, nil), "\(url): StartTLS") }
    }

    deinit { ldap_unbind_ext_s(handle, nil, nil) }

    private func prepare(_ configuration: DirectoryConfiguration) throws(Failure) {
        try set(LDAP_OPT_PROTOCOL_VERSION, 3)
        // Following a referral would carry the bind to a host that nobody configured.
        try check(ldap_set_option(handle, LDAP_OPT_REFERRALS, nil), "referrals off")
        try set(LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND)
        try set(LDAP_OPT_X_TLS_PROTOCOL_MIN, 0x303)
        try check(
            ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, configuration.certificateAuthorities),
            "the CA file \(configuration.certificateAuthorities)")
        try set(LDAP_OPT_X_TLS_NEWCTX, 0)
        var connect = timeval(tv_sec: configuration.connectTimeoutSeconds, tv_usec: 0)
        try check(ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &connect), "connect timeout")
        var request = timeval(tv_sec: configuration.requestTimeoutSeconds, tv_usec: 0)
        try check(ldap_set_option(handle, LDAP_OPT_TIMEOUT, &request), "request timeout")
    }

    private func set(_ option: Int32, _ value: Int32) throws(Failure) {
        var value = value
        try check(ldap_set_option(handle, option, &value), "option \(option)")
    }

    /// A simple bind. Never with an empty password: that is an anonymous bind, which succeeds (RFC 4513 section 5.1.2).
    func bind(dn: String, password: SecretBytes) throws(Failure) {
        guard !password.isEmpty, !dn.isEmpty else {
            throw Failure(code: LDAP_INVALID_CREDENTIALS, description: "an empty name or password")
        }
        let code = password.withUnsafeBytes { bytes in
            var credentials = berval(
                bv_len: ber_len_t(bytes.count),
                bv_val: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self)))
            return ldap_sasl_bind_s(handle, dn, nil, &credentials, nil, nil, nil)
        }
        try check(code, "bind")
    }

    /// A subtree search. More than `limit` entries, or any result but success, is a failure: half an answer is none.
    func search(base: String, filter: String, attributes: [String], limit: Int32) throws(Failure) -> [Entry] {
        var names: [UnsafeMutablePointer<CChar>?] = attributes.map { strdup($0) } + [nil]
        defer { for name in names { free(name) } }
        var result: OpaquePointer?
        defer { if let result { ldap_msgfree(result) } }
        var timeout = timeval(tv_sec: requestTimeoutSeconds, tv_usec: 0)
        let code = ldap_search_ext_s(
            handle, base, ber_int_t(LDAP_SCOPE_SUBTREE), filter, &names, 0, nil, nil, &timeout, limit, &result)
        try check(code, "search under \(base)")
        var entries: [Entry] = []
        var entry = ldap_first_entry(handle, result)
        while let current = entry {
            entries.append(try read(current, attributes))
            entry = ldap_next_entry(handle, current)
        }
        return entries
    }

    private func read(_ entry: OpaquePointer, _ names: [String]) throws(Failure) -> Entry {
        guard let dn = ldap_get_dn(handle, entry) else {
            throw Failure(code: LDAP_DECODING_ERROR, description: "an entry without a DN")
        }
        defer { ldap_memfree(dn) }
        var attributes: [String: [String]] = [:]
        for name in names {
            guard let values = ldap_get_values_len(handle, entry, name) else { continue }
            defer { ldap_value_free_len(values) }
            var texts: [String] = []
            for index in 0..<Int(ldap_count_values_len(values)) {
                guard let value = values[index]?.pointee, let start = value.bv_val else { continue }
                let bytes = UnsafeRawBufferPointer(start: start, count: Int(value.bv_len))
                if let text = String(validating: bytes, as: UTF8.self) { texts.append(text) }
            }
            attributes[name.lowercased()] = texts
        }
        return Entry(dn: String(cString: dn), attributes: attributes)
    }

    private func check(_ code: Int32, _ what: String) throws(Failure) {
        guard code != LDAP_SUCCESS else { return }
        var detail: UnsafeMutablePointer<CChar>?
        ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail)
        defer { if let detail { ldap_memfree(detail) } }
        let more = detail.map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : " (\($0))" } ?? ""
        throw Failure(code: code, description: "\(what): \(Self.text(of: code))\(more)")
    }

    private static func text(of code: Int32) -> String { String(cString: ldap_err2string(code)) }
}
