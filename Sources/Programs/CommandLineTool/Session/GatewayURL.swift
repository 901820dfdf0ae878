/// Where the gateway is: `https://host:8443`.
struct GatewayURL: Sendable, Equatable {
    let text: String
    let host: String

    /// - Throws: usage, naming the rule that the text breaks.
    init(_ text: String) throws(CommandFailure) {
        var rest = text[...]
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        self.text = String(rest)
        guard let range = rest.firstRange(of: "://") else {
            throw .usage("the URL '\(text.prefix(200))' has no scheme; give it as https://HOST:PORT")
        }
        let scheme = rest[..<range.lowerBound].lowercased(), authority = rest[range.upperBound...]
        // A password in a URL ends up in histories and process lists.
        guard !authority.contains("@") else {
            throw .usage("a URL with a user or password in it is refused; use 'martlet login'")
        }
        guard !authority.isEmpty, !authority.contains(where: { "/?# ".contains($0) }) else {
            throw .usage("the URL '\(text.prefix(200))' must end after host and port: https://HOST:PORT")
        }
        if authority.hasPrefix("[") {
            host = String(authority.prefix { $0 != "]" }) + "]"
        } else {
            host = String(authority.prefix { $0 != ":" })
        }
        switch scheme {
        case "https": break
        case "http" where Self.isLoopback(host): break
        case "http": throw .usage("'\(self.text)' would send your token in clear; use https://")
        default: throw .usage("'\(scheme)' is no scheme for the gateway; use https://")
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
