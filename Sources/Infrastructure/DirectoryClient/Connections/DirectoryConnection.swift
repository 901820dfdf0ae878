import CLDAP
import Cryptography
import Glibc

/// One connection to one server of the directory, over libldap. Its calls block: only a directory thread uses it.
final class DirectoryConnection {
    struct Failure: Error, CustomStringConvertible {
        enum Stage: Sendable {
            case connect, tls, request
        }

        /// libldap's or the server's result code.
        let code: Int32
        var stage = Stage.request
        let description: String
    }

    let handle: OpaquePointer
    /// Ours: it can be shut down while libldap uses its own.
    let descriptor: Int32
    let configuration: DirectoryConfiguration
    let interruption: () -> Interruption

    /// Connects, with TLS up and the server's certificate and host checked before anything is said.
    /// - Parameter interruption: What may end the calls of the moment.
    init(_ url: String, _ configuration: DirectoryConfiguration, interruption: @escaping () -> Interruption) throws(Failure) {
        guard let address = DirectoryAddress(url) else {
            throw Failure(code: LDAP_PARAM_ERROR, stage: .connect, description: "\(url) is no address of a server")
        }
        let socket: Int32
        do throws(DirectorySocket.Failure) {
            socket = try DirectorySocket.connect(to: address, seconds: configuration.connectTimeoutSeconds)
        } catch {
            throw Failure(code: LDAP_CONNECT_ERROR, stage: .connect, description: "\(url): \(error.reason)")
        }
        let descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        var handle: OpaquePointer?
        let proto = address.scheme == .ldapi ? LDAP_PROTO_IPC : LDAP_PROTO_TCP
        let made = descriptor < 0 ? LDAP_NO_MEMORY : ldap_init_fd(socket, proto, url, &handle)
        guard made == LDAP_SUCCESS, let handle else {
            close(socket)
            if descriptor >= 0 { close(descriptor) }
            throw Failure(code: made, stage: .connect, description: "\(url): \(Self.text(of: made))")
        }
        self.handle = handle
        self.descriptor = descriptor
        self.configuration = configuration
        self.interruption = interruption
        try prepare()
        guard address.scheme != .ldapi else { return }
        // Without it there is no connection at all: a server that refuses StartTLS is told nothing.
        let code = interruption().during(descriptor) {
            address.scheme == .ldap ? ldap_start_tls_s(handle, nil, nil) : ldap_install_tls(handle)
        }
        try check(code, address.scheme == .ldap ? "\(url): StartTLS" : "\(url): TLS", .tls)
    }

    deinit {
        ldap_unbind_ext_s(handle, nil, nil)
        close(descriptor)
    }

    private func prepare() throws(Failure) {
        try set(LDAP_OPT_PROTOCOL_VERSION, 3)
        // Following a referral would carry the bind to a host that nobody configured.
        try check(ldap_set_option(handle, LDAP_OPT_REFERRALS, nil), "referrals off")
        try set(LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND)
        try set(LDAP_OPT_X_TLS_PROTOCOL_MIN, 0x303)
        try check(
            ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, configuration.certificateAuthorities),
            "the CA file \(configuration.certificateAuthorities)", .tls)
        try check(
            newContext(), "the CA file \(configuration.certificateAuthorities) holds no certificate that can be read", .tls)
        // One message: a server could else make libldap take any amount of memory for it.
        var buffer: OpaquePointer?, most = ber_len_t(16 << 20)
        try check(ldap_get_option(handle, LDAP_OPT_SOCKBUF, &buffer), "the size of messages")
        ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most)
        var connect = timeval(tv_sec: configuration.connectTimeoutSeconds, tv_usec: 0)
        try check(ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &connect), "connect timeout")
        var request = timeval(tv_sec: configuration.requestTimeoutSeconds, tv_usec: 0)
        try check(ldap_set_option(handle, LDAP_OPT_TIMEOUT, &request), "request timeout")
    }

    private func newContext() -> Int32 {
        var isServer: Int32 = 0
        return ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &isServer)
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
        let code = interruption().during(descriptor) {
            password.withUnsafeBytes { bytes in
                var credentials = berval(
                    bv_len: ber_len_t(bytes.count),
                    bv_val: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self)))
                return ldap_sasl_bind_s(handle, dn, nil, &credentials, nil, nil, nil)
            }
        }
        try check(code, "bind")
    }

    func check(_ code: Int32, _ what: String, _ stage: Failure.Stage = .request) throws(Failure) {
        guard code != LDAP_SUCCESS else { return }
        var detail: UnsafeMutablePointer<CChar>?
        ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail)
        defer { if let detail { ldap_memfree(detail) } }
        let more = detail.map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : " (\(Self.printable($0)))" } ?? ""
        throw Failure(code: code, stage: stage, description: "\(what): \(Self.text(of: code))\(more)")
    }

    static func text(of code: Int32) -> String { String(cString: ldap_err2string(code)) }

    /// What a server says goes to logs and terminals: one short line without controls.
    private static func printable(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(300) {
            out.append(
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format ? " " : scalar)
        }
        return String(out)
    }
}
