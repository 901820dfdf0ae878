import Logging
import NIOCore

/// Lets a listener accept while there is room: for its connections, and for what else the process must be able to open. What it does not
/// accept waits in the kernel's queue. The first of the listener's handlers.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// So many connections it takes whoever else has taken the files.
    private static let fewest = 16
    /// How soon a file that others closed is noticed.
    private static let pause = TimeAmount.milliseconds(200)

    private let most: Int
    private let reserve: FileReserve
    private let complaints: Complaints
    private var open = 0
    private var waits = false

    /// - Parameter most: Open connections.
    init(most: Int, reserve: FileReserve, complaints: Complaints) {
        self.most = most
        self.reserve = reserve
        self.complaints = complaints
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            own.value.handler.open -= 1
            own.value.handler.lookAgain(own.value.context)
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard open < most else {
            waits = true
            return complaints.note("there are as many connections as may be: further ones wait", ["most": "\(most)"])
        }
        guard hasFiles else {
            waits = true
            complaints.note("few further files may be open: further connections wait", ["connections": "\(open)"])
            return lookLater(context)
        }
        context.read()
    }

    private var hasFiles: Bool { reserve.isLeft || open < Self.fewest && FileReserve.last.isLeft }

    private func lookLater(_ context: ChannelHandlerContext) {
        let own = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) { own.value.handler.lookAgain(own.value.context) }
    }

    private func lookAgain(_ context: ChannelHandlerContext) {
        guard waits else { return }
        waits = false
        // Who drains accepts no more.
        guard (try? context.channel.syncOptions?.getOption(.autoRead)) == true else { return }
        read(context: context)
    }
}
