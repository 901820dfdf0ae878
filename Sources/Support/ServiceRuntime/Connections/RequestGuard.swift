import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import PlatformModel
import ServiceAPI

/// Answers a request head that cannot be parsed (400) or is too large (431), tells the head's deadline when heads come, and counts the
/// requests that wait behind one another.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let backlog: RequestBacklog
    private var requests = 0 {
        didSet { backlog.set(requests) }
    }

    init(backlog: RequestBacklog) { self.backlog = backlog }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) {
            requests += 1
            context.triggerUserOutboundEvent(ConnectionPhase.headArrived, promise: nil)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        context.write(data, promise: promise)
        guard case .end = part else { return }
        requests -= 1
        if requests == 0 { context.triggerUserOutboundEvent(ConnectionPhase.answersEnded, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // While a request runs, its route meets the error as it reads the body.
        guard requests == 0, let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        let (status, body): (HTTPResponse.Status, ErrorBody) =
            if error == .headerOverflow {
                (.requestHeaderFieldsTooLarge, ErrorBody(error: "head_too_large", message: "the request's head is too large"))
            } else {
                (.badRequest, ErrorBody(error: "bad_request", message: "this is not an HTTP/1.1 request"))
            }
        let text = JSON.object(["error": .string(body.error), "message": .string(body.message)]).canonical
        var headers: HTTPFields = [
            .contentType: "application/json", .contentLength: String(text.utf8.count), .connection: "close",
        ]
        headers[RoomHeader.apiVersion] = "1"
        context.write(wrapOutboundOut(.head(HTTPResponse(status: status, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(string: text))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(mode: .all, promise: nil) }
    }
}
