/// An address where people connect, as `routes.binds` has it: `:80`, `127.0.0.1:8080`, `[::]:443`.
package struct RouteBind: Sendable {
    package let address: String

    package init(_ address: String) { self.address = address }

    /// Nil where it names none.
    package var port: Int? { address.split(separator: ":").last.flatMap { Int($0) } }

    /// Port 80 of every address is the socket that systemd passes, `martlet-routes.socket`; anything else HAProxy opens itself.
    package var isPassed: Bool { [":80", "*:80", "0.0.0.0:80"].contains(address) }
}
