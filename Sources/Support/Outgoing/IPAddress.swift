import Glibc

/// An address of a machine: sixteen bytes, IPv4 in its mapped form (`::ffff:a.b.c.d`), so that one machine has one value.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    private static let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// Reads `10.0.0.1` or `fd00::1`; nil for anything else, a name among it.
    package init?(_ text: String) {
        var four = in_addr(), six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = Self.mapped + withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: six) { Array($0) }
        } else {
            return nil
        }
    }

    /// Nil for an address of another family.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let four = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr
            bytes = Self.mapped + withUnsafeBytes(of: four) { Array($0) }
        case AF_INET6:
            let six = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_addr
            bytes = withUnsafeBytes(of: six) { Array($0) }
        default: return nil
        }
    }

    package var isV4: Bool { bytes.starts(with: Self.mapped) }

    /// Of an IPv6 address: the network that one customer has, `2001:db8:1:2::`.
    package var prefix64: String { Self(bytes: Array(bytes.prefix(8)) + [UInt8](repeating: 0, count: 8)).description }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    package var description: String {
        if isV4 { return bytes[12...].map(String.init).joined(separator: ".") }
        var six = in6_addr()
        withUnsafeMutableBytes(of: &six) { $0.copyBytes(from: bytes) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &six, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A network: `10.0.0.0/8`, `fd00::/8`, or one address.
package struct IPNetwork: Sendable, Hashable {
    let address: IPAddress
    /// Of the sixteen bytes.
    let bits: Int

    /// Nil when the text is no network.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let width = address.isV4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard let number = Int(parts[1]), (0...width).contains(number) else { return nil }
            length = number
        }
        self.address = address
        bits = 128 - width + length
    }

    package func contains(_ other: IPAddress) -> Bool { Self.agree(address.bytes, other.bytes, bits: bits) }

    /// Whether all of it lies in another network.
    func isWithin(_ other: IPNetwork) -> Bool { bits >= other.bits && other.contains(address) }

    private static func agree(_ left: [UInt8], _ right: [UInt8], bits: Int) -> Bool {
        let whole = bits / 8, rest = bits % 8
        guard left[..<whole] == right[..<whole] else { return false }
        return rest == 0 || left[whole] >> (8 - rest) == right[whole] >> (8 - rest)
    }
}

extension IPAddress {
    /// This machine, its neighbours on the wire (where clouds keep their metadata), nobody, everybody.
    static let special = networks([
        "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "fe80::/10", "ff00::/8",
    ])

    /// What the Internet does not route, or routes to somebody inside (IANA special-purpose registries, RFC 6890).
    private static let inner =
        special
        + networks([
            "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ])

    private static let global = networks(["0.0.0.0/0", "2000::/3"])

    /// Whether it is an address of the Internet.
    var isPublic: Bool { Self.global.contains { $0.contains(self) } && !Self.inner.contains { $0.contains(self) } }

    private static func networks(_ texts: [String]) -> [IPNetwork] { texts.compactMap { IPNetwork($0) } }
}
