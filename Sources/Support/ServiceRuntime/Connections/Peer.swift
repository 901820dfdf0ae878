import CShims
import Glibc
import NIOCore

/// The process at the other end of a Unix socket, as the kernel knew it when it connected (SO_PEERCRED).
package struct Peer: Sendable, Hashable {
    package let pid: Int32
    package let uid: UInt32
    package let gid: UInt32

    package init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    /// Reads the peer of an accepted Unix socket, on its event loop.
    static func read(_ channel: any Channel) -> EventLoopFuture<Peer> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(PeerUnknown())
        }
        let credentials: EventLoopFuture<cshims_peer> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        return credentials.flatMapThrowing { peer in
            // What the kernel answers for a socket without credentials: TCP, or a peer outside this user namespace.
            guard peer.uid != .max else { throw PeerUnknown() }
            return Peer(pid: peer.pid, uid: peer.uid, gid: peer.gid)
        }
    }
}

/// The kernel does not say who is at the other end.
struct PeerUnknown: Error {}
