import CSystemd
import Glibc

/// Listening sockets that systemd (or a test) passed: `LISTEN_FDS`, `LISTEN_FDNAMES`, `LISTEN_PID` (sd_listen_fds(3)).
package struct InheritedSockets: Sendable {
    package struct Socket: Sendable, Hashable {
        package let descriptor: Int32
        package let name: String
        package let isUnix: Bool
    }

    package private(set) var sockets: [Socket]

    /// Takes them out of the environment, so that no child sees them.
    package static func take() throws(ListenerError) -> InheritedSockets {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count >= 0 else {
            throw ListenerError("the sockets passed by systemd cannot be used: \(String(cString: strerror(-count)))")
        }
        defer {
            for index in 0..<Int(count) { free(names?[index]) }
            free(names)
        }
        var sockets: [Socket] = []
        for index in 0..<count {
            let descriptor = SD_LISTEN_FDS_START + index
            let name = names?[Int(index)].map { String(cString: $0) } ?? ""
            guard sd_is_socket(descriptor, AF_UNSPEC, Int32(SOCK_STREAM.rawValue), 1) > 0 else {
                throw ListenerError("the passed descriptor \(descriptor) ('\(name)') is no listening stream socket")
            }
            let isUnix = sd_is_socket(descriptor, AF_UNIX, Int32(SOCK_STREAM.rawValue), 1) > 0
            sockets.append(Socket(descriptor: descriptor, name: name, isUnix: isUnix))
        }
        return InheritedSockets(sockets: sockets)
    }

    package init(sockets: [Socket] = []) { self.sockets = sockets }

    /// The passed socket for a listener: the one of its name, else the only one of its family.
    mutating func claim(for listener: Listener) -> Socket? {
        let (isUnix, name) =
            switch listener {
            case .unix: (true, "room")
            case .tls(let name, _, _, _): (false, name)
            }
        let family = sockets.filter { $0.isUnix == isUnix }
        guard let socket = family.first(where: { $0.name == name }) ?? (family.count == 1 ? family.first : nil) else {
            return nil
        }
        sockets.removeAll { $0 == socket }
        return socket
    }
}
