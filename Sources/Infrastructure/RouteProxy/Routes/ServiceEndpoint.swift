import Glibc

/// Where one replica answers: an IP address (no name: HAProxy would resolve it once and keep it) and the container's port.
package struct ServiceEndpoint: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package var address: String
    package var port: Int

    package init(address: String, port: Int) {
        self.address = address
        self.port = port
    }

    /// As HAProxy reads an address.
    package var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

    /// The server's name in HAProxy, which allows letters, digits and `.:_-` there: the endpoint is its own name, so what
    /// HAProxy runs can be compared with what is wanted without a memory of who was called what.
    package var serverName: String { "\(address)_\(port)" }

    package static func < (left: Self, right: Self) -> Bool { (left.address, left.port) < (right.address, right.port) }

    func validate() throws(RouteProxyError) {
        var buffer = in6_addr()
        guard inet_pton(AF_INET, address, &buffer) == 1 || inet_pton(AF_INET6, address, &buffer) == 1 else {
            throw RouteProxyError(.invalid, "RTE-104", "endpoint '\(address)': an IPv4 or IPv6 address is needed")
        }
        guard (1...65_535).contains(port) else {
            throw RouteProxyError(.invalid, "RTE-103", "endpoint '\(description)': a port is 1 to 65535")
        }
    }
}
