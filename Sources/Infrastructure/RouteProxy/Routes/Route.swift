/// A host and path prefix that lead to a service.
package struct Route: Sendable, Hashable, Codable {
    /// The resource's GUResID: the one who may change or remove it.
    package var id: String
    package var host: String
    /// A prefix of whole segments: `/api` takes `/api` and `/api/x`, not `/apis`. The longest prefix wins.
    package var path: String
    package var service: ServiceKey

    package init(id: String, host: String, path: String = "/", service: ServiceKey) {
        self.id = id
        self.host = host
        self.path = path
        self.service = service
    }

    /// The key in the map file: the host and the path, which ends in a slash so that a prefix ends with a segment.
    var mapKey: String { host + (path.hasSuffix("/") ? path : path + "/") }

    /// The one form of a route: host in lower case without a final dot, path without a final slash; every problem is an error.
    package func normalized() throws(RouteProxyError) -> Route {
        guard !id.isEmpty, id.utf8.count <= 128 else {
            throw RouteProxyError(.invalid, "RTE-105", "a route needs an id of 1 to 128 bytes")
        }
        guard (1...65_535).contains(service.port) else {
            throw RouteProxyError(.invalid, "RTE-103", "port \(service.port): a port is 1 to 65535")
        }
        var route = self
        route.host = try Self.normalized(host: host)
        route.path = try Self.normalized(path: path)
        return route
    }

    private static func normalized(host: String) throws(RouteProxyError) -> String {
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let valid = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.first != hyphen && label.utf8.last != hyphen
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
        }
        guard valid, host.utf8.count <= 253 else {
            throw RouteProxyError(
                .invalid, "RTE-101",
                "host '\(host.prefix(253))': a DNS name is needed: letters, digits and hyphens between dots, such as shop.example.com"
            )
        }
        return host
    }

    private static func normalized(path: String) throws(RouteProxyError) -> String {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let valid =
            path.hasPrefix("/") && path.utf8.count <= 1024
            && segments.dropFirst().dropLast().allSatisfy { !$0.isEmpty }
            && segments.allSatisfy { segment in
                segment != "." && segment != ".."
                    && segment.utf8.allSatisfy { isLetterOrDigit($0, upperCase: true) || "-._~@+:".utf8.contains($0) }
            }
        guard valid else {
            throw RouteProxyError(
                .invalid, "RTE-102",
                "path '\(path.prefix(200))': it starts with /, and its segments are letters, digits and -._~@+: such as /api/v1")
        }
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private static let hyphen = UInt8(ascii: "-")

    private static func isLetterOrDigit(_ byte: UInt8, upperCase: Bool = false) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || (upperCase && (0x41...0x5a).contains(byte))
    }
}
