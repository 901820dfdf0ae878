import AsyncHTTPClient
import NIOCore
import Synchronization

/// The HTTP clients of a process: one for calls, one for streams (which may be silent for a while). Made on first use, shut down once
/// at the end.
package final class RoomHTTP: Sendable {
    /// The one of this process for Unix sockets and the system's certificate authorities.
    package static let shared = RoomHTTP()

    private enum Use: Hashable {
        case calls, streams
    }

    private struct Clients {
        var open: [Use: HTTPClient] = [:]
        var isShutDown = false
    }

    private let clients = Mutex(Clients())
    private let configure: @Sendable (inout HTTPClient.Configuration) -> Void

    /// - Parameter configure: Changes the clients' configuration, such as the certificate authority of an appliance.
    package init(configure: @escaping @Sendable (inout HTTPClient.Configuration) -> Void = { _ in }) {
        self.configure = configure
    }

    /// Ends all connections. Calls after it fail; a second call does nothing.
    package func shutdown() async {
        let open = clients.withLock { clients in
            clients.isShutDown = true
            defer { clients.open = [:] }
            return Array(clients.open.values)
        }
        // Nothing is left to do about a client that does not close cleanly: the process ends.
        for client in open { try? await client.shutdown() }
    }

    /// The client for answers that are read whole; a call's own timeout bounds it.
    func forCalls() throws(HTTPClientError) -> HTTPClient { try client(.calls, silence: nil) }

    /// The client for streams: a server sends at least a comment every 10 s, so a minute of silence is a dead connection.
    func forStreams() throws(HTTPClientError) -> HTTPClient { try client(.streams, silence: .seconds(60)) }

    private func client(_ use: Use, silence: TimeAmount?) throws(HTTPClientError) -> HTTPClient {
        let client = clients.withLock { clients -> HTTPClient? in
            if clients.isShutDown { return nil }
            if let client = clients.open[use] { return client }
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            configuration.httpVersion = .http1Only
            configuration.timeout = .init(connect: .seconds(5), read: silence)
            // Below the servers' 75 s, so that this side closes first and no request meets a closing connection.
            configuration.connectionPool.idleTimeout = .seconds(30)
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
            // Retries are decided in one place, HTTPEndpoint, which knows what may be repeated.
            configuration.connectionPool.retryConnectionEstablishment = false
            configure(&configuration)
            let client = HTTPClient(configuration: configuration)
            clients.open[use] = client
            return client
        }
        guard let client else { throw HTTPClientError.alreadyShutdown }
        return client
    }
}
