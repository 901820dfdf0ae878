/// Where a registered driver leads to.
package enum DriverTarget: Sendable, Hashable {
    case address(DriverAddress)
    /// Another driver's type: `acme/route53`, `humanitec/echo`.
    case driver(type: String)

    private static let scheme = "driver://"

    /// - Throws: what is wrong with it, in words for an error.
    package init(_ text: String) throws(DriverTargetError) {
        guard text.lowercased().hasPrefix(Self.scheme) else {
            self = .address(try DriverAddress(text))
            return
        }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy(IdentifierRule.organization.accepts) else {
            throw DriverTargetError("a virtual driver's target is 'driver://{organization}/{driver}'")
        }
        self = .driver(type: "\(parts[0])/\(parts[1])")
    }
}

package struct DriverTargetError: Error, Sendable, Hashable {
    package let message: String
    init(_ message: String) { self.message = message }
}

/// The address of an http driver, read strictly, so that whoever checks it and whoever connects mean the same place.
package struct DriverAddress: Sendable, Hashable, CustomStringConvertible {
    package let isTLS: Bool
    /// In lower case; an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Begins and ends with `/`.
    package let path: String

    /// Reads `https://host[:port]/path/`.
    package init(_ text: String) throws(DriverTargetError) {
        guard text.utf8.count <= 2000 else { throw DriverTargetError("at most 2000 characters") }
        guard let separator = text.firstRange(of: "://") else {
            throw DriverTargetError("an address such as 'https://drivers.example.com/x/' is needed")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "https": isTLS = true
        case "http": isTLS = false
        case let other: throw DriverTargetError("the scheme '\(other.prefix(20))' is none of https, http, driver")
        }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        (host, port) = try Self.authority(rest[..<end], defaultPort: isTLS ? 443 : 80)
        path = try Self.path(rest[end...])
    }

    private static func authority(_ text: Substring, defaultPort: Int) throws(DriverTargetError) -> (String, Int) {
        guard !text.contains("@") else { throw DriverTargetError("a user or password has no place in the address") }
        var host = text, port = defaultPort
        // The colon before a port stands behind the brackets of an IPv6 address.
        if let colon = text.lastIndex(of: ":"), text[colon...].contains("]") == false {
            guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number) else {
                throw DriverTargetError("the port is a number from 1 to 65535")
            }
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = host.dropFirst().dropLast().lowercased()
            guard inner.contains(":"), inner.utf8.allSatisfy({ "0123456789abcdef:.".utf8.contains($0) }) else {
                throw DriverTargetError("what stands in brackets is an IPv6 address")
            }
            return (inner, port)
        }
        let name = host.lowercased()
        guard !name.isEmpty, name.utf8.count <= 253, name.first != ".", name.first != "-",
            name.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789.-".utf8.contains($0) })
        else { throw DriverTargetError("the host is a name or an address") }
        return (name, port)
    }

    private static func path(_ text: Substring) throws(DriverTargetError) -> String {
        if text.isEmpty { return "/" }
        guard text.first == "/" else { throw DriverTargetError("a prefix of paths is needed, without query or fragment") }
        let segments = text.split(separator: "/").map(String.init)
        for segment in segments {
            // However it is spelled: some servers look at it before they decode, some afterwards.
            guard let decoded = PercentEncoding.decode(segment), decoded != ".", decoded != "..",
                decoded.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && !"/\\".utf8.contains($0) }),
                segment.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"\"<>\\^`{|}?#".utf8.contains($0) })
            else { throw DriverTargetError("the path has a character that no path has, or a query or fragment") }
        }
        return segments.isEmpty ? "/" : "/" + segments.joined(separator: "/") + "/"
    }

    package var description: String { "\(isTLS ? "https" : "http")://\(authority)\(path)" }

    /// Host and port as a URL has them.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The address of one resource.
    package func url(of guResID: String) -> String { description + PercentEncoding.encode(guResID) }
}
