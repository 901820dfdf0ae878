import NIOCore
import NIOHTTP1
import NIOPosix
import PlatformModel
import Synchronization

/// Terraform's HTTP backend for one run: its state and its lock, and the word to stop.
///
/// It is reached only from inside the run's sandbox, by a user and password of that run.
final class StateServer: Sendable {
    static let user = "martlet"
    /// Connections at a time: Terraform has one, and one waits for the word to stop.
    private static let connections = 16
    /// Bytes of bodies that are read at a time, on all connections: the code in the sandbox may open them all.
    private static let bodyBytes = 2 * StateLimits.maximumBytes

    let shelf: any StateShelf
    /// Nil where the state is only read.
    let run: Int64?
    let password: String

    private struct Progress {
        var isInterrupted = false
        var isFenced = false
        var lockID: String?
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var number = 0
        var open = 0
        var buffered = 0
    }

    private let progress = Mutex(Progress())

    init(shelf: any StateShelf, run: Int64?, password: String) {
        self.shelf = shelf
        self.run = run
        self.password = password
    }

    /// Whether a later run has begun: this one can save nothing any more.
    var isFenced: Bool { progress.withLock(\.isFenced) }
    func markFenced() { progress.withLock { $0.isFenced = true } }
    /// The lock that was not given back.
    var lockID: String? { progress.withLock(\.lockID) }

    /// Tells the sandbox to interrupt Terraform, at once or as soon as it asks.
    func interrupt() {
        let waiting = progress.withLock { progress in
            progress.isInterrupted = true
            defer { progress.waiting = [:] }
            return progress.waiting.values.map(\.self)
        }
        for continuation in waiting { continuation.resume() }
    }

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPPart<HTTPResponseHead, ByteBuffer>>

    /// Serves a listening socket until the task is cancelled; closes it.
    func serve(_ listener: Int32) async {
        // An async channel must be used once it is made, or NIO ends the process (swift-nio issue 2637): a connection that comes in at the
        // moment of the end would be dropped unused. So it is made of a connection by the task that uses it, and reads nothing before.
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
        let channel = try? await bootstrap.bind(listener, serverBackPressureStrategy: nil) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                try channel.pipeline.syncOperations.addHandler(PlainResponses())
                return channel
            }
        }
        guard let channel else { return }
        try? await channel.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound { group.addTask { await self.serve(connection) } }
            }
        }
    }

    /// A connection that breaks is the client's to make anew.
    private func serve(_ channel: any Channel) async {
        let isOneTooMany = progress.withLock { progress in
            progress.open += 1
            return progress.open > Self.connections
        }
        defer { progress.withLock { $0.open -= 1 } }
        if isOneTooMany { return channel.close(promise: nil) }
        let made = channel.eventLoop.submit { try Connection(wrappingChannelSynchronously: channel) }
        guard let connection = try? await made.get() else { return channel.close(promise: nil) }
        try? await connection.executeThenClose { inbound, outbound in
            try await channel.setOption(.autoRead, value: true).get()
            try await self.answer(inbound, outbound)
        }
    }

    private func answer(
        _ inbound: NIOAsyncChannelInboundStream<HTTPServerRequestPart>,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPPart<HTTPResponseHead, ByteBuffer>>
    ) async throws {
        var head: HTTPRequestHead?, body: [UInt8] = []
        var refusal: Int?
        defer { release(body.count) }
        for try await part in inbound {
            switch part {
            case .head(let next): (head, refusal) = (next, nil)
            case .body(let piece):
                // Nobody's body is kept who may not come in.
                if let head, !isAuthentic(head) { refusal = refusal ?? 401 }
                if body.count + piece.readableBytes > StateLimits.maximumBytes { refusal = refusal ?? 413 }
                if refusal == nil, !reserve(piece.readableBytes) { refusal = 503 }
                if refusal == nil { body.append(contentsOf: piece.readableBytesView) }
            case .end:
                guard let request = head else { return }
                let answer = if let refusal, refusal != 401 { Answer(refusal) } else { await self.answer(request, body) }
                release(body.count)
                body = []
                var fields = HTTPHeaders([("content-length", String(answer.body.count))])
                if !answer.body.isEmpty { fields.add(name: "content-type", value: "application/json") }
                if answer.status == 401 { fields.add(name: "www-authenticate", value: "Basic realm=\"state\"") }
                if !request.isKeepAlive { fields.add(name: "connection", value: "close") }
                let status = HTTPResponseStatus(statusCode: answer.status)
                try await outbound.write(.head(HTTPResponseHead(version: request.version, status: status, headers: fields)))
                if !answer.body.isEmpty { try await outbound.write(.body(ByteBuffer(bytes: answer.body))) }
                try await outbound.write(.end(nil))
                if !request.isKeepAlive { return }
            }
        }
    }

    private func reserve(_ bytes: Int) -> Bool {
        progress.withLock { progress in
            guard progress.buffered + bytes <= Self.bodyBytes else { return false }
            progress.buffered += bytes
            return true
        }
    }

    private func release(_ bytes: Int) { progress.withLock { $0.buffered -= bytes } }

    // MARK: Requests

    struct Answer: Sendable, Hashable {
        var status: Int
        var body: [UInt8] = []

        init(_ status: Int, _ body: [UInt8] = []) {
            self.status = status
            self.body = body
        }

        init(_ status: Int, _ text: String) { self.init(status, Array(text.utf8)) }
    }

    func answer(_ request: HTTPRequestHead, _ body: [UInt8]) async -> Answer {
        guard isAuthentic(request) else { return Answer(401) }
        let parts = request.uri.split(separator: "?", maxSplits: 1)
        let query = parts.count == 2 ? String(parts[1]) : ""
        if parts.first == "/interrupt", request.method == .GET {
            await interruption()
            return Answer(200)
        }
        guard parts.first == "/state" else { return Answer(404) }
        do throws(StateRefusal) {
            return try await state(request.method, lockID: Self.lockID(in: query), body)
        } catch {
            if error == .fenced { markFenced() }
            return Self.answer(to: error, request.method)
        }
    }

    private func state(_ method: HTTPMethod, lockID: String?, _ body: [UInt8]) async throws(StateRefusal) -> Answer {
        if method == .GET { return try await shelf.read().map { Answer(200, $0) } ?? Answer(204) }
        guard let run else { throw .unusable("this run only reads") }
        switch method {
        case .POST:
            guard (try? JSON.parse(body))?.object?["version"]?.int != nil else { throw .unusable("the body is no state") }
            guard let lockID else { throw .notHeld }
            try await shelf.write(body, lockID: lockID, run: run)
        case .LOCK:
            let lock = try Self.lock(in: body)
            try await shelf.lock(lock, run: run)
            progress.withLock { $0.lockID = lock.id }
        case .UNLOCK:
            let lock = try Self.lock(in: body)
            try await shelf.unlock(id: lock.id, run: run)
            progress.withLock { $0.lockID = nil }
        // Deleting is the driver's alone, once everything in the state is gone.
        default: return Answer(405)
        }
        return Answer(200)
    }

    private static func lock(in body: [UInt8]) throws(StateRefusal) -> StateLock {
        guard body.count <= StateLock.maximumInfo, let info = (try? JSON.parse(body))?.object, let id = info["ID"]?.string,
            !id.isEmpty, id.utf8.count <= 200
        else { throw .unusable("the body is no lock") }
        return StateLock(id: id, info: JSON.object(info).canonical)
    }

    private static func lockID(in query: String) -> String? {
        query.split(separator: "&").first { $0.hasPrefix("ID=") }.map { String($0.dropFirst(3)) }
    }

    /// As Terraform's backend reads it: 423 with the lock is waited for, 5xx is asked again, anything else ends the run.
    private static func answer(to refusal: StateRefusal, _ method: HTTPMethod) -> Answer {
        switch refusal {
        case .locked(let lock): Answer(423, lock.info)
        // Asked for a lock, 409 would be read as somebody's lock, and waited for.
        case .fenced: Answer(method == .LOCK ? 410 : 409, #"{"error":"a later run of this resource has begun"}"#)
        case .notHeld: Answer(409, #"{"error":"the lock is not held by this run"}"#)
        case .unusable(let words): Answer(400, JSON.object(["error": .string(words)]).canonical)
        case .unavailable: Answer(503, #"{"error":"the state cannot be reached at the moment"}"#)
        }
    }

    private func isAuthentic(_ request: HTTPRequestHead) -> Bool {
        let wanted = Array(("Basic " + Base64.encode(Array("\(Self.user):\(password)".utf8))).utf8)
        let given = Array((request.headers.first(name: "authorization") ?? "").utf8)
        guard wanted.count == given.count else { return false }
        return zip(wanted, given).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Returns when the run is to be interrupted, or the connection's task is cancelled.
    private func interruption() async {
        let number = progress.withLock { progress in
            progress.number += 1
            return progress.number
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = progress.withLock { progress in
                    if progress.isInterrupted || Task.isCancelled { return true }
                    progress.waiting[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            progress.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
        }
    }
}

/// Answers as NIO's encoder takes them.
private final class PlainResponses: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = HTTPPart<HTTPResponseHead, ByteBuffer>
    typealias OutboundOut = HTTPServerResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part: HTTPServerResponsePart =
            switch Self.unwrapOutboundIn(data) {
            case .head(let head): .head(head)
            case .body(let bytes): .body(.byteBuffer(bytes))
            case .end(let trailers): .end(trailers)
            }
        context.write(Self.wrapOutboundOut(part), promise: promise)
    }
}
