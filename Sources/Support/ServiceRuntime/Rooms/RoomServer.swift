import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The server of a room: all its listeners, from binding to the last answer after SIGTERM.
///
/// On graceful shutdown it stops accepting at once (a socket that was passed stays open in its owner, so new connections wait there for
/// the next process), closes idle connections, and lets running requests go on for the grace; then it cuts them.
package final class RoomServer: Service {
    package struct Endpoint: Sendable {
        let listener: Listener
        let responder: RouterResponder<RoomContext>

        package init(_ listener: Listener, _ router: RoomRouter) {
            self.listener = listener
            self.responder = router.responder()
        }
    }

    private typealias Accepting = NIOAsyncChannel<ConnectionSetup.Accepted?, Never>

    private struct Bound: Sendable {
        let channel: Accepting
        let quiescing: ServerQuiescingHelper
        let file: UnixSocketFile?
        let server: RequestServer
    }

    /// From the last accepted connection to its request.
    private static let lateRequests = TimeAmount.milliseconds(100)
    private static let portions = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 16 << 10)

    private let endpoints: [Endpoint]
    private let inherited: Mutex<InheritedSockets>
    private let configuration: ServiceConfiguration
    private let limits: ServerLimits
    private let logger: Logger
    private let group: any EventLoopGroup
    private let isDraining = Atomic(false)
    private let addresses: EventLoopPromise<[SocketAddress]>

    package init(
        endpoints: [Endpoint], inherited: InheritedSockets = InheritedSockets(), configuration: ServiceConfiguration,
        limits: ServerLimits = ServerLimits(), logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.endpoints = endpoints
        self.inherited = Mutex(inherited)
        self.configuration = configuration
        self.limits = limits
        self.logger = logger
        self.group = group
        addresses = group.next().makePromise()
    }

    deinit { addresses.fail(CancellationError()) }

    /// Where it listens, in the order of the endpoints; waits until it does.
    package func listening() async throws -> [SocketAddress] { try await addresses.futureResult.get() }

    package func run() async throws {
        var bound: [Bound] = []
        do {
            for endpoint in endpoints { bound.append(try await bind(endpoint)) }
        } catch {
            addresses.fail(error)
            throw error
        }
        for socket in inherited.withLock(\.sockets) {
            logger.warning("a passed socket is for no listener of this program", metadata: ["name": "\(socket.name)"])
        }
        addresses.succeed(bound.compactMap { $0.channel.channel.localAddress })
        defer { for one in bound { one.file?.remove() } }
        try await withGracefulShutdownHandler {
            try await serve(bound)
        } onGracefulShutdown: { [bound] in
            self.drain(bound)
        }
    }

    /// Ends when every connection of every listener has ended, or when the grace is over. Throws when a listener breaks.
    private func serve(_ bound: [Bound]) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await withThrowingDiscardingTaskGroup { listeners in
                    for one in bound { listeners.addTask { try await self.accept(one) } }
                }
                return true
            }
            group.addTask { [grace = configuration.shutdownGrace] in
                do {
                    try await gracefulShutdown()
                    try await Task.sleep(for: grace)
                } catch {}
                return false
            }
            if try await group.next() == false { logger.warning("the grace is over; requests that still run are cut") }
            group.cancelAll()
        }
    }

    private func accept(_ bound: Bound) async throws {
        let listener = bound.channel.channel, logger = logger, ended = listener.eventLoop.makePromise(of: Void.self)
        // A task of its own, since this loop must not be cancelled: a connection that was accepted, and that it has not come to, would be
        // dropped unclosed, which ends the process. What it has begun to serve is cancelled once the loop is over.
        let accepting = Task {
            await withDiscardingTaskGroup { group in
                do {
                    try await bound.channel.executeThenClose { inbound in
                        for try await accepted in inbound {
                            guard let accepted else { continue }
                            group.addTask { await bound.server.serve(accepted) }
                        }
                    }
                } catch {
                    // While draining, only that the listener was closed already.
                    logger.debug("a listener ended", metadata: ["cause": "\(error)"])
                }
                ended.succeed()
            }
        }
        await withTaskCancellationHandler {
            await accepting.value
        } onCancel: {
            listener.close(mode: .all, promise: nil)
            ended.futureResult.whenComplete { _ in accepting.cancel() }
        }
        guard isDraining.load(ordering: .relaxed) || Task.isCancelled else { throw ListenerError("a listening socket broke") }
    }

    private func drain(_ bound: [Bound]) {
        isDraining.store(true, ordering: .relaxed)
        let paused = bound.map { one in
            // Before the close, so that the next process can bind the path while this one still drains.
            one.file?.remove()
            // Accepts no more; who was accepted at this very moment may still hand over the request. Closed at once, its unread bytes
            // would reset the connection.
            let listener = one.channel.channel, quiescing = one.quiescing
            return listener.setOption(.autoRead, value: false).always { _ in
                listener.eventLoop.scheduleTask(in: Self.lateRequests) { quiescing.initiateShutdown(promise: nil) }
            }
        }
        // Said when it is so: who connects after this line waits for the next process.
        EventLoopFuture.whenAllComplete(paused, on: group.next()).whenComplete { [logger] _ in
            logger.info("draining: no new requests, running ones may end")
        }
    }

    private func bind(_ endpoint: Endpoint) async throws -> Bound {
        let setup = try setup(for: endpoint.listener)
        let quiescing = ServerQuiescingHelper(group: group)
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: limits.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One after the other, so that what the gate has looked at is still so.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        AcceptGate(most: setup.limits.connections, reserve: setup.reserve, complaints: setup.complaints))
                    try pipeline.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
        if setup.tls != nil {
            // Of each client little at a time, so that none fills the event loop or the memory with requests that it sends ahead.
            bootstrap =
                bootstrap
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelOption(.recvAllocator, value: Self.portions)
                // What is sent and not taken for so long ends the connection (tcp(7)).
                .childChannelOption(
                    ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)),
                    value: SocketOptionValue(clamping: TimeAmount(limits.idleTimeout).nanoseconds / 1_000_000))
        }
        let (channel, file) = try await open(endpoint.listener, bootstrap, setup)
        let server = RequestServer(setup: setup, responder: endpoint.responder, logger: logger) { [weak self] in
            self?.isDraining.load(ordering: .relaxed) ?? true
        }
        return Bound(channel: channel, quiescing: quiescing, file: file, server: server)
    }

    private func open(
        _ listener: Listener, _ bootstrap: ServerBootstrap, _ setup: ConnectionSetup
    ) async throws -> (Accepting, UnixSocketFile?) {
        if let socket = inherited.withLock({ $0.claim(for: listener) }) {
            logger.info("listening on a passed socket", metadata: ["name": "\(socket.name)"])
            return (try await bootstrap.bind(socket.descriptor) { setup.accept($0) }, nil)
        }
        switch listener {
        case .unix(let path, let mode, let group):
            let file = try UnixSocketFile(path: path, mode: mode, group: group, backlog: limits.backlog)
            logger.info("listening", metadata: ["socket": "\(path)"])
            return (try await bootstrap.bind(file.descriptor) { setup.accept($0) }, file)
        case .tls(_, let host, let port, _):
            let channel = try await bootstrap.bind(host: host, port: port) { setup.accept($0) }
            logger.info("listening", metadata: ["address": "\(channel.channel.localAddress?.description ?? host)"])
            return (channel, nil)
        }
    }

    private func setup(for listener: Listener) throws -> ConnectionSetup {
        var callers: [UInt32: Set<String>] = [:]
        for (name, uid) in configuration.callers { callers[uid, default: []].insert(name) }
        var tls: NIOSSLContext?
        if case .tls(_, _, _, let configuration) = listener { tls = try NIOSSLContext(configuration: configuration) }
        let complaints = Complaints(logger: logger)
        return ConnectionSetup(
            limits: limits, callers: callers, tls: tls,
            addresses: AddressLimit(most: limits.connectionsPerAddress, complaints: complaints), complaints: complaints,
            logger: logger)
    }
}
