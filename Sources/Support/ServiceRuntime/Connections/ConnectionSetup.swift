import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// Makes an accepted channel into a connection that speaks HTTP/1.1: TLS, deadlines, limits, and who is at the other end.
struct ConnectionSetup: Sendable {
    /// A connection, and its requests.
    ///
    /// NIO ends the process for an async channel that nobody has used (swift-nio issue 2637), and a listener that ends at the moment of
    /// an accept drops what it was about to hand out. So this one closes the connection that nobody has taken.
    final class Accepted: Sendable {
        let connection: Connection
        private let requests: HTTP1Channel.Value
        private let isTaken = Atomic(false)

        init(connection: Connection, requests: HTTP1Channel.Value) {
            self.connection = connection
            self.requests = requests
        }

        /// Whoever takes it closes it.
        func take() -> HTTP1Channel.Value {
            isTaken.store(true, ordering: .relaxed)
            return requests
        }

        deinit {
            guard !isTaken.load(ordering: .relaxed) else { return }
            // There is nobody to wait for it.
            Task { [requests] in try? await requests.executeThenClose { _, _ in } }
        }
    }

    let limits: ServerLimits
    /// Uid to the names of callers; only for Unix sockets.
    let callers: [UInt32: Set<String>]
    /// For a TLS listener.
    let tls: NIOSSLContext?
    let addresses: AddressLimit
    /// The files that are kept from its connections.
    var reserve: FileReserve { tls == nil ? .last : .network }
    let complaints: Complaints
    let logger: Logger

    /// - Returns: Nil when it was refused at once.
    func accept(_ channel: any Channel) -> EventLoopFuture<Accepted?> {
        origin(of: channel)
            .flatMap { origin in
                guard admits(channel) else {
                    channel.close(mode: .all, promise: nil)
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                do {
                    try addByteHandlers(to: channel)
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
                let backlog = RequestBacklog()
                return http1(backlog) { _, _, _ in }.setup(channel: channel, logger: logger).map { requests in
                    Accepted(connection: Connection(origin: origin, channel: channel, backlog: backlog), requests: requests)
                }
            }
            .flatMapErrorThrowing { error in
                logger.warning("refused a connection", metadata: ["cause": "\(error)"])
                channel.close(mode: .all, promise: nil)
                return nil
            }
    }

    /// The HTTP/1.1 of a connection with somebody to answer its requests.
    func http1(_ backlog: RequestBacklog, _ responder: @escaping HTTPChannelHandler.Responder) -> HTTP1Channel {
        let isRoom = tls == nil
        return HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [RequestGuard(backlog: backlog)], idleTimeout: TimeAmount(limits.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: isRoom ? limits.roomHeaderSize : limits.headerSize,
                    maxHeaderListSize: isRoom ? limits.roomHeadSize : limits.headSize,
                    maxHeaderFieldCount: limits.headerCount)))
    }

    private func addByteHandlers(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        try pipeline.addHandler(HeadDeadline(timeout: TimeAmount(limits.headTimeout), complaints: complaints))
    }

    private static let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// Rooms are few, and known.
    private func admits(_ channel: any Channel) -> Bool {
        guard tls != nil else { return true }
        let text = channel.remoteAddress?.ipAddress ?? "unknown"
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return addresses.admit(text, channel) }
        let bytes = withUnsafeBytes(of: six) { Array($0) }
        // Whoever has one address of an IPv6 network has all of its /64; an IPv4 address may come in its mapped form.
        return addresses.admit("\(bytes.starts(with: Self.mapped) ? bytes : Array(bytes.prefix(8)))", channel)
    }

    private func origin(of channel: any Channel) -> EventLoopFuture<Connection.Origin> {
        if tls != nil {
            let address = channel.remoteAddress?.ipAddress ?? "unknown"
            return channel.eventLoop.makeSucceededFuture(.network(address: address))
        }
        return Peer.read(channel).map { peer in .room(peer, callers: callers[peer.uid] ?? []) }
    }
}
