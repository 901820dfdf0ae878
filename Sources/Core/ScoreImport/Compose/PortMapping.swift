/// One published or exposed port of a service.
struct PortMapping: Hashable {
    /// On the host; nil for a port of the network alone, or one that the host chooses.
    var published: Int?
    var target: Int
    var isUDP = false
    /// The host's address that it is bound to.
    var hostAddress: String?

    /// More ports of one service are a mistake, or no service that Score can describe.
    static let limit = 200

    /// `[HOST:][PUBLISHED:]TARGET[/PROTOCOL]`, with ranges on both sides; a variable may stand for what is published. Nil where it is none,
    /// or has too many.
    static func parse(_ text: String) -> [PortMapping]? {
        var rest = Substring(text)
        var isUDP = false
        if let slash = rest.firstIndex(of: "/") {
            switch rest[rest.index(after: slash)...].lowercased() {
            case "tcp": break
            case "udp": isUDP = true
            default: return nil
            }
            rest = rest[..<slash]
        }
        var host: String?
        var fields: [Substring]
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
            host = String(rest[rest.index(after: rest.startIndex)..<close])
            let after = rest[rest.index(after: close)...]
            guard after.hasPrefix(":") else { return nil }
            fields = after.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        } else {
            fields = rest.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 3 {
                // An IPv6 address without brackets has colons of its own.
                host = fields.dropLast(2).joined(separator: ":")
                fields = fields.suffix(2)
            }
        }
        guard let last = fields.last, let targets = range(last), fields.count <= 2 else { return nil }
        var published: ClosedRange<Int>?
        if fields.count == 2, fields[0].utf8.contains(UInt8(ascii: "$")) {
            // Chosen where it is started; the container's own port is what others reach.
            published = targets
        } else if fields.count == 2, !fields[0].isEmpty {
            guard let ports = range(fields[0]) else { return nil }
            published = ports
        }
        if let published, published.count != targets.count, targets.count > 1 { return nil }
        return targets.map { target in
            let port = published.map { $0.count == targets.count ? $0.lowerBound + target - targets.lowerBound : $0.lowerBound }
            return PortMapping(published: port, target: target, isUDP: isUDP, hostAddress: host)
        }
    }

    /// `8080` or `8080-8085`.
    static func range(_ text: some StringProtocol) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = ends.first.flatMap({ port($0) }), let last = ends.last.flatMap({ port($0) }), ends.count <= 2,
            first <= last, last - first < limit
        else { return nil }
        return first...last
    }

    private static func port(_ text: some StringProtocol) -> Int? {
        guard let number = Int(text), (1...65535).contains(number) else { return nil }
        return number
    }
}
