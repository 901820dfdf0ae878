import NIOCore

/// Closes a connection whose request head (and TLS handshake before the first) takes too long. Stands between TLS and HTTP.
final class HeadDeadline: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case idle
        case waiting(Scheduled<Void>)
        case inRequest
    }

    private let timeout: TimeAmount
    private let complaints: Complaints
    private var state = State.idle

    init(timeout: TimeAmount, complaints: Complaints) {
        self.timeout = timeout
        self.complaints = complaints
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .idle = state { begin(context) }
        context.fireChannelRead(data)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let phase = event as? ConnectionPhase else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        if case .waiting(let timer) = state { timer.cancel() }
        state =
            switch phase {
            case .headArrived: .inRequest
            case .answersEnded: .idle
            }
        promise?.succeed()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if case .waiting(let timer) = state { timer.cancel() }
        state = .inRequest
    }

    private func begin(_ context: ChannelHandlerContext) {
        let channel = context.channel, complaints = complaints
        state = .waiting(
            context.eventLoop.scheduleTask(in: timeout) {
                complaints.note("connections without a whole request head in time were closed")
                channel.close(mode: .all, promise: nil)
            })
    }
}
