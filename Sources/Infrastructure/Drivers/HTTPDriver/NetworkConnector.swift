import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PlatformModel

/// Carries requests over the network: resolves the name, asks the rules about each address, and connects to the one that was allowed,
/// so that a name that changes in between leads nowhere else. Certificates are verified against the system's authorities.
package struct NetworkConnector: DriverConnector {
    private let rules: DriverAddressRules
    /// Files (PEM) of what is trusted beside the system's authorities.
    private let authorities: [String]

    /// The largest answer, in bytes: more than a runner keeps of outputs.
    package static let largestAnswer = 2 << 20

    package init(rules: DriverAddressRules, authorities: [String] = []) {
        self.rules = rules
        self.authorities = authorities
    }

    package func send(_ call: DriverCall) async throws(DriverCallFailure) -> DriverAnswer {
        let machine = try await machine(of: call.address)
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: .seconds(10))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [call.address.host: machine.description]
        if !authorities.isEmpty {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = authorities.map { .file($0) }
            configuration.tlsConfiguration = tls
        }
        // One for a request: what it may connect to was decided for this request alone.
        let client = HTTPClient(configuration: configuration)
        let outcome: Result<DriverAnswer, DriverCallFailure>
        do { outcome = .success(try await exchange(call, client)) } catch {
            outcome = .failure(Task.isCancelled ? .cancelled : Self.failure(error))
        }
        // Nothing is left to do about a connection that does not close cleanly.
        try? await client.shutdown()
        return try outcome.get()
    }

    private func exchange(_ call: DriverCall, _ client: HTTPClient) async throws -> DriverAnswer {
        var request = HTTPClientRequest(url: call.address.url(of: call.guResID))
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        request.headers.add(name: "Accept", value: "application/json")
        if let cookie = call.cookie { request.headers.add(name: "Humanitec-Driver-Cookie", value: cookie) }
        if let body = call.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await client.execute(request, deadline: .now() + TimeAmount(call.timeout))
        let body = try await response.body.collect(upTo: Self.largestAnswer)
        return DriverAnswer(
            status: Int(response.status.code), cookie: response.headers.first(name: "Set-Humanitec-Driver-Cookie"),
            retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) }, body: Array(body.readableBytesView))
    }

    // MARK: Addresses

    private func machine(of address: DriverAddress) async throws(DriverCallFailure) -> IPAddress {
        let machines: [IPAddress]
        do {
            // The resolver blocks.
            machines = try await NIOThreadPool.singleton.runIfActive { Self.resolve(address.host) }
        } catch {
            throw .cancelled
        }
        guard let first = machines.first else { throw .notConnected("the name '\(address.host)' has no address") }
        guard let allowed = machines.first(where: { rules.allow(address, at: $0) }) else {
            throw .notAllowed(first.description)
        }
        return allowed
    }

    private static func resolve(_ host: String) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_family = AF_UNSPEC
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = [], entry = list
        while let current = entry, found.count < 32 {
            if let address = current.pointee.ai_addr.flatMap({ IPAddress(UnsafePointer($0)) }) { found.append(address) }
            entry = current.pointee.ai_next
        }
        return found
    }

    // MARK: Failures

    private static func failure(_ error: any Error) -> DriverCallFailure {
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .getConnectionFromPoolTimeout: .notConnected("no connection within 10 s")
            case .tlsHandshakeTimeout: .notConnected("no TLS handshake within 10 s")
            case .deadlineExceeded, .readTimeout, .writeTimeout: .lost("no whole answer in time")
            case .remoteConnectionClosed: .lost("the connection was closed before an answer")
            default: .lost(error.shortDescription)
            }
        case let error as IOError:
            [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EACCES, EPERM].contains(error.errnoCode)
                ? .notConnected(reason(error)) : .lost(reason(error))
        case is NIOTooManyBytesError: .tooLarge(limit: largestAnswer)
        case let error as NIOConnectionError:
            .notConnected(
                error.connectionErrors.first.map { ($0.error as? IOError).map(reason) ?? "no connection" } ?? "no connection")
        case NIOSSLError.uncleanShutdown: .lost("the connection ended in the middle of the answer")
        case let error where error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError:
            .untrusted(
                "the TLS handshake failed, most often for a certificate of another name or of an authority that is not trusted: "
                    + String(String(describing: error).prefix(200)))
        case let error as ChannelError:
            if case .connectTimeout = error { .notConnected("no connection within 10 s") } else { .lost("\(error)") }
        default: .lost("the connection failed (\(type(of: error)))")
        }
    }

    private static func reason(_ error: IOError) -> String { String(cString: strerror(error.errnoCode)) }
}
