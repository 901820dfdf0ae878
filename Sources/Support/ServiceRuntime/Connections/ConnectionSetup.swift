import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// Makes an accepted channel into a connection that speaks HTTP/1.1: TLS, deadlines, limits, and who is at the other end.
struct ConnectionSetup: Sendable {
    /// A connection, and its requests; nil when it was refused at once.
    struct Accepted: Sendable {
        let connection: Connection
        let requests: HTTP1Channel.Value
    }

    let limits: ServerLimits
    /// Uid to the names of callers; only for Unix sockets.
    let callers: [UInt32: Set<String>]
    /// For a TLS listener.
    let tls: NIOSSLContext?
    let logger: Logger

    func accept(_ channel: any Channel) -> EventLoopFuture<Accepted?> {
        origin(of: channel)
            .flatMap { origin in
                do {
                    try addByteHandlers(to: channel)
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
                return http1 { _, _, _ in }.setup(channel: channel, logger: logger).map { requests in
                    Accepted(connection: Connection(origin: origin, channel: channel), requests: requests)
                }
            }
            .flatMapErrorThrowing { error in
                logger.warning("refused a connection", metadata: ["cause": "\(error)"])
                channel.close(mode: .all, promise: nil)
                return nil
            }
    }

    /// The HTTP/1.1 of a connection with somebody to answer its requests.
    func http1(_ responder: @escaping HTTPChannelHandler.Responder) -> HTTP1Channel {
        HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [RequestGuard()], idleTimeout: TimeAmount(limits.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerSize, maxHeaderListSize: limits.headSize,
                    maxHeaderFieldCount: limits.headerCount)))
    }

    private func addByteHandlers(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        try pipeline.addHandler(HeadDeadline(timeout: TimeAmount(limits.headTimeout)))
    }

    private func origin(of channel: any Channel) -> EventLoopFuture<Connection.Origin> {
        if tls != nil {
            let address = channel.remoteAddress?.ipAddress ?? "unknown"
            return channel.eventLoop.makeSucceededFuture(.network(address: address))
        }
        return Peer.read(channel).map { peer in .room(peer, callers: callers[peer.uid] ?? []) }
    }
}
