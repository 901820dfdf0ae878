import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PlatformModel

/// Carries requests over the network: resolves the name, asks the rules about each address, and connects to the one that was allowed,
/// so that a name that changes in between leads nowhere else.
package struct OutgoingClient: OutgoingConnector {
    private let rules: OutgoingRules

    package init(rules: OutgoingRules) { self.rules = rules }

    package func send(_ request: OutgoingRequest) async throws(OutgoingFailure) -> OutgoingAnswer {
        let machine = try await machine(of: request.address)
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: .seconds(10))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [request.address.host: machine.description]
        configuration.tlsConfiguration = try Self.tls(request.trust)
        // One for a request: what it may connect to was decided for this request alone.
        let client = HTTPClient(configuration: configuration)
        let outcome: Result<OutgoingAnswer, OutgoingFailure>
        do { outcome = .success(try await exchange(request, client)) } catch {
            outcome = .failure(Task.isCancelled ? .cancelled : Self.failure(error, request))
        }
        // Nothing is left to do about a connection that does not close cleanly.
        try? await client.shutdown()
        return try outcome.get()
    }

    private static func tls(_ trust: OutgoingTrust) throws(OutgoingFailure) -> TLSConfiguration? {
        var tls = TLSConfiguration.makeClientConfiguration()
        switch trust {
        case .system(let files) where files.isEmpty: return nil
        case .system(let files): tls.additionalTrustRoots = files.map { .file($0) }
        case .pinned(let text):
            do { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))) } catch {
                throw .untrusted("the certificate authority that was given cannot be read")
            }
        }
        return tls
    }

    private func exchange(_ wanted: OutgoingRequest, _ client: HTTPClient) async throws -> OutgoingAnswer {
        var request = HTTPClientRequest(url: wanted.url)
        request.method = HTTPMethod(rawValue: wanted.method)
        for (name, value) in wanted.headers { request.headers.add(name: name, value: value) }
        if let body = wanted.body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, deadline: .now() + TimeAmount(wanted.timeout))
        let body = try await response.body.collect(upTo: wanted.answerLimit)
        return OutgoingAnswer(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
            body: Array(body.readableBytesView))
    }

    // MARK: Addresses

    private func machine(of address: DriverAddress) async throws(OutgoingFailure) -> IPAddress {
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

    private static func failure(_ error: any Error, _ request: OutgoingRequest) -> OutgoingFailure {
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
        case is NIOTooManyBytesError: .tooLarge(limit: request.answerLimit)
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
