import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PlatformModel
import Synchronization

/// A server that answers from a script, and remembers what it was asked.
final class ScriptedGateway: Sendable {
    struct Request: Sendable {
        var method: String
        /// Path and query.
        var target: String
        var authorization: String?
        var lastEventID: String?
        var body: JSON?
        var line: String { "\(method) \(target)" }
    }

    struct Answer: Sendable {
        var status: Int
        var body: String
        var type = "application/json"
        var link: String?

        static func json(_ value: JSON, status: Int = 200) -> Answer { Answer(status: status, body: value.canonical) }
        static let empty = Answer(status: 204, body: "")
        static func error(_ status: Int, _ code: String, _ message: String, details: JSON? = nil) -> Answer {
            var body: JSON = ["error": .string(code), "message": .string(message)]
            body["details"] = details
            return .json(body, status: status)
        }
        /// Server-sent events as they are on the wire.
        static func events(_ text: String) -> Answer { Answer(status: 200, body: text, type: "text/event-stream") }
    }

    typealias Script = @Sendable (Request) -> Answer?

    let url: String
    private let channel: any Channel
    private let seen: Seen

    final class Seen: Sendable {
        let requests = Mutex<[Request]>([])
    }

    /// - Parameter tls: Paths of a certificate and its key.
    init(tls: (certificate: String, key: String)? = nil, _ script: @escaping Script) async throws {
        let seen = Seen()
        let context = try tls.map { tls in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem))))
        }
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(seen: seen, script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.seen = seen
        url = "\(tls == nil ? "http" : "https")://127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    deinit { channel.close(promise: nil) }

    var requests: [Request] { seen.requests.withLock { $0 } }
    var lines: [String] { requests.map(\.line) }
    func body(of line: String) -> JSON? { requests.last { $0.line == line }?.body }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let seen: Seen
        private let script: Script
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(seen: Seen, script: @escaping Script) {
            self.seen = seen
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, [])
            case .body(let part): body += part.readableBytesView
            case .end: if let head { answer(head, context) }
            }
        }

        private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
            let request = Request(
                method: head.method.rawValue, target: head.uri, authorization: head.headers["authorization"].first,
                lastEventID: head.headers["last-event-id"].first, body: body.isEmpty ? nil : try? JSON.parse(body))
            seen.requests.withLock { $0.append(request) }
            let answer = script(request) ?? .error(404, "not_found", "there is no \(request.target) here")
            // Without a length: the body ends with the connection, as that of a stream does.
            var headers: HTTPHeaders = ["content-type": answer.type, "connection": "close"]
            if let link = answer.link { headers.add(name: "link", value: link) }
            if answer.type == "application/json" { headers.add(name: "content-length", value: String(answer.body.utf8.count)) }
            context.write(
                wrapOutboundOut(
                    .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers))),
                promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            context.close(promise: nil)
        }
    }
}
