import AsyncHTTPClient
import HTTPTypes
import NIOSSL
import PlatformModel
import ServiceAPI

/// The public API, as one user.
struct GatewayClient: Sendable {
    private let endpoint: HTTPEndpoint
    private let token: String?

    init(url: GatewayURL, ca: String?, token: String?, connections: CommandHost.Connections) throws(CommandFailure) {
        var authority: [NIOSSLCertificate]?
        if let ca {
            do { authority = try NIOSSLCertificate.fromPEMFile(ca) } catch {
                throw CommandFailure(
                    .usage, "the certificate authority '\(ca)' cannot be read; a file with PEM certificates is needed")
            }
        }
        let http = RoomHTTP { [authority] configuration in
            guard let authority else { return }
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(authority)
            configuration.tlsConfiguration = tls
        }
        connections.add(http)
        endpoint = HTTPEndpoint(name: url.text, url: url.text, http: http)
        self.token = token
    }

    /// The answer's JSON; null where there is no body.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [], body: JSON? = nil,
        timeout: Duration = .seconds(60)
    ) async throws(CommandFailure) -> JSON {
        try await exchange(method, path, query: query, body: body, timeout: timeout).body
    }

    /// A thing as it was read, and the tag by which the gateway knows that.
    struct Read: Sendable {
        var body: JSON
        var tag: String?
    }

    /// - Parameter reading: What the change is made on; refused when it has been changed meanwhile.
    /// - Returns: What the thing is now.
    @discardableResult
    func exchange(
        _ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [], body: JSON? = nil, reading: Read? = nil,
        timeout: Duration = .seconds(60)
    ) async throws(CommandFailure) -> Read {
        var call = HTTPCall(method, path, query: query, timeout: timeout, patience: .seconds(3))
        call.headers = headers(accept: "application/json")
        // A command that has read nothing means the thing whatever it is now, and says so: a gateway may want to hear it.
        if let tag = reading?.tag ?? ([.put, .patch, .delete].contains(method) ? "*" : nil) { call.headers[.ifMatch] = tag }
        if let body {
            call.headers[.contentType] = "application/json"
            call.body = .bytes(Array(body.canonical.utf8))
        }
        do throws(RoomError) {
            let answer = try await endpoint.send(call)
            return Read(body: answer.body.isEmpty ? .null : try answer.decode(JSON.self), tag: answer.headers[.eTag])
        } catch { throw failure(error) }
    }

    func get(_ path: String, query: [(String, String)] = []) async throws(CommandFailure) -> JSON {
        try await send(.get, path, query: query)
    }

    /// One page of a list, and the path of the next one.
    func page(_ path: String, query: [(String, String)]) async throws(CommandFailure) -> (answer: JSON, next: String?) {
        var call = HTTPCall(.get, path, query: query, timeout: .seconds(60), patience: .seconds(3))
        call.headers = headers(accept: "application/json")
        do throws(RoomError) {
            let answer = try await endpoint.send(call)
            let link = HTTPField.Name("Link").flatMap { answer.headers[$0] }
            // A path of the same gateway, and nothing else: the token goes nowhere else.
            let next = link.flatMap { link in
                link.hasPrefix("</") && !link.hasPrefix("<//") && link.hasSuffix("; rel=\"next\"")
                    ? String(link.dropFirst().prefix { $0 != ">" }) : nil
            }
            return (try answer.decode(JSON.self), next)
        } catch { throw failure(error) }
    }

    /// nil for what is not there.
    func find(_ path: String) async throws(CommandFailure) -> JSON? { try await look(path)?.body }

    /// The same to be changed. nil for what is not there.
    func look(_ path: String) async throws(CommandFailure) -> Read? {
        do throws(CommandFailure) { return try await exchange(.get, path) } catch {
            if error.status == .notFound { return nil }
            throw error
        }
    }

    /// The answer as a wire type.
    func get<Value: Decodable & Sendable>(_ type: Value.Type, _ path: String) async throws(CommandFailure) -> Value {
        try read(type, try await get(path))
    }

    /// A part of an answer as a wire type.
    func read<Value: Decodable & Sendable>(_ type: Value.Type, _ answer: JSON) throws(CommandFailure) -> Value {
        do throws(JSONError) { return try answer.decode(type) } catch {
            throw CommandFailure(.failed, "the gateway gave an answer that cannot be read: \(error.message)")
        }
    }

    /// The events of a stream route, across reconnects.
    func stream(_ path: String, query: [(String, String)] = []) -> EventStream {
        EventStream { [endpoint, headers = headers(accept: "text/event-stream")] last throws(RoomError) in
            var call = HTTPCall(.get, path, query: query, timeout: .seconds(15), patience: .seconds(3))
            call.headers = headers
            if !last.isEmpty { call.headers[RoomHeader.lastEventID] = last }
            return try await endpoint.open(call)
        }
    }

    /// Should an answer repeat the token, nobody sees it.
    func failure(_ error: RoomError) -> CommandFailure {
        var failure = CommandFailure(error)
        guard let token, !token.isEmpty else { return failure }
        failure.message = failure.message.replacing(token, with: "***")
        failure.details = failure.details.map { $0.replacing(token, with: "***") }
        return failure
    }

    private func headers(accept: String) -> HTTPFields {
        var headers: HTTPFields = [.accept: accept, .userAgent: "martlet"]
        if let token { headers[.authorization] = "Bearer \(token)" }
        return headers
    }
}
