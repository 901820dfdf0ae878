import NIOCore

/// One accepted connection: who is at the other end, found out once.
package struct Connection: Sendable {
    package enum Origin: Sendable, Hashable {
        /// A process of this machine, and the names of callers that its uid stands for.
        case room(Peer, callers: Set<String>)
        /// The network; the address without its port.
        case network(address: String)
    }

    package let origin: Origin
    /// The channel, to cut a reader that does not read.
    let channel: any Channel
    let backlog: RequestBacklog

    /// Closes it, whatever it is doing.
    package func cut() { channel.close(mode: .all, promise: nil) }
}
