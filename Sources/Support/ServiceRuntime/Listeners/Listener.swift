import NIOSSL

/// Where a server listens.
package enum Listener: Sendable {
    /// A Unix socket; made with this mode and group before anyone can connect.
    case unix(path: String, mode: UInt32, group: UInt32?)
    /// TCP with TLS. `name` is what systemd calls a passed socket (`FileDescriptorName=`).
    case tls(name: String, host: String, port: Int, configuration: TLSConfiguration)
}

/// A listener that cannot be had. The message says what to do.
package struct ListenerError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
