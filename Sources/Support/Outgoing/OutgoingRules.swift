import PlatformModel

/// Where what tenants name may be (http drivers, secret stores): an admin's list, since nobody's definition may make a service speak to
/// this machine's own sockets, to its cloud's metadata, or to the network behind it.
///
/// An entry is `public` (addresses of the Internet, by https only), `HOST`, `*.DOMAIN`, an address or a network (`10.20.0.0/16`), each
/// but `public` with `:PORT` where only that port is meant. A named host is allowed at whatever address it has. A network opens
/// loopback and link-local addresses only where it lies wholly within them.
package struct OutgoingRules: Sendable, Hashable {
    private enum Place: Hashable {
        case `public`
        case host(String)
        /// With its dot: `.example.com`.
        case domain(String)
        case network(IPNetwork)
    }

    private struct Rule: Hashable {
        let place: Place
        let port: Int?
    }

    private var rules: [Rule] = []

    /// What no rule has been written for.
    package static let standard = ["public"]

    /// Whether anything is allowed at all.
    package var isEmpty: Bool { rules.isEmpty }

    package init() {}

    /// False when the text is no entry; then it is not added.
    package mutating func add(_ text: String) -> Bool {
        if text == "public" {
            rules.append(Rule(place: .public, port: nil))
            return true
        }
        guard let (place, port) = Self.split(text) else { return false }
        if let network = IPNetwork(place) {
            rules.append(Rule(place: .network(network), port: port))
            return true
        }
        let name = place.lowercased(), isDomain = name.hasPrefix("*.")
        let bare = isDomain ? String(name.dropFirst(2)) : name
        guard let address = try? DriverAddress("https://\(bare)/"), address.host == bare, !bare.contains("/") else {
            return false
        }
        rules.append(Rule(place: isDomain ? .domain("." + bare) : .host(bare), port: port))
        return true
    }

    /// `10.0.0.1:80`, `[::1]:80`, `host:80`, or without a port; an IPv6 address with a port has brackets.
    private static func split(_ text: String) -> (String, Int?)? {
        func number(_ text: Substring) -> Int? { Int(text).flatMap { (1...65_535).contains($0) ? $0 : nil } }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let place = String(text[text.index(after: text.startIndex)..<end]), rest = text[text.index(after: end)...]
            if rest.isEmpty { return (place, nil) }
            guard rest.first == ":", let port = number(rest.dropFirst()) else { return nil }
            return (place, port)
        }
        guard let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon else { return (text, nil) }
        guard let port = number(text[text.index(after: colon)...]) else { return nil }
        return (String(text[..<colon]), port)
    }

    /// Whether what has this address may be spoken to at that machine.
    package func allow(_ target: DriverAddress, at machine: IPAddress) -> Bool {
        let special = IPAddress.special.filter { $0.contains(machine) }
        return rules.contains { rule in
            if let port = rule.port, port != target.port { return false }
            return switch rule.place {
            case .public: target.isTLS && machine.isPublic
            case .host(let name): target.host == name
            case .domain(let suffix): target.host.hasSuffix(suffix)
            case .network(let network):
                network.contains(machine) && special.allSatisfy { network.isWithin($0) }
            }
        }
    }
}
