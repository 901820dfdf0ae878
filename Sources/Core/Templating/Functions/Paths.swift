// Sprig: paths and URLs.
extension FunctionTable {
    mutating func addPaths() {
        add("base", [.string]) { .string(GoPath.base($0.text(0))) }
        add("dir", [.string]) { .string(GoPath.directory($0.text(0))) }
        add("clean", [.string]) { .string(GoPath.clean($0.text(0))) }
        add("ext", [.string]) { .string(GoPath.fileExtension($0.text(0))) }
        add("isAbs", [.string]) { .bool($0.text(0).hasPrefix("/")) }
        for name in ["base", "dir", "clean", "ext", "isAbs"] {
            alias("os" + name.prefix(1).uppercased() + name.dropFirst(), name)
        }
        add("urlParse", [.string]) { call throws(FunctionFailure) in
            guard let url = GoURL(call.string(0)) else {
                throw FunctionFailure("unable to parse url: \(GoText.text(GoQuote.quote(call.string(0))))")
            }
            return try call.built(url.members)
        }
        add("urlJoin", [.dict]) { call throws(FunctionFailure) in
            let map = call.dict(0)
            func part(_ name: String) throws(FunctionFailure) -> GoString {
                switch map.members[name] ?? .missing {
                case .missing: return []
                case .string(let text): return text
                case let other:
                    throw FunctionFailure(
                        "unable to parse \(name) key, must be of type string, but \(other.isNothing ? "nil" : other.typeName) found"
                    )
                }
            }
            var url = GoURL()
            url.scheme = try part("scheme")
            url.userinfo = GoURL.normalisedUser(try part("userinfo"))
            url.host = try part("host")
            url.path = try part("path")
            url.query = try part("query")
            url.opaque = try part("opaque")
            url.fragment = try part("fragment")
            return .string(url.text)
        }
    }
}

/// Go's `path`.
enum GoPath {
    static func clean(_ path: String) -> String {
        if path.isEmpty { return "." }
        let isRooted = path.hasPrefix("/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isRooted {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return isRooted ? "/" + joined : joined.isEmpty ? "." : joined
    }

    static func base(_ path: String) -> String {
        if path.isEmpty { return "." }
        return path.split(separator: "/").last.map(String.init) ?? "/"
    }

    static func directory(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return clean(String(path[...slash]))
    }

    static func fileExtension(_ path: String) -> String {
        guard let dot = path.lastIndex(of: ".") else { return "" }
        let text = path[dot...]
        return text.contains("/") ? "" : String(text)
    }
}

/// Go's `net/url.URL`, as far as Sprig shows it.
struct GoURL {
    var scheme: GoString = []
    /// As it stands in the text, percent-encoded.
    var userinfo: GoString = []
    var host: GoString = []
    /// Decoded.
    var path: GoString = []
    var query: GoString = []
    var opaque: GoString = []
    /// Decoded.
    var fragment: GoString = []

    init() {}

    /// Reads a URL; nil when it is none.
    init?(_ text: GoString) {
        if text.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return nil }
        var rest = text
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
            guard let decoded = Escape.unpercent(Array(rest[(hash + 1)...])) else { return nil }
            fragment = decoded
            rest = Array(rest[..<hash])
        }
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")), colon > 0, Self.isScheme(rest[..<colon]) {
            scheme = GoText.mapRunes(Array(rest[..<colon]), GoText.lower)
            rest = Array(rest[(colon + 1)...])
        } else if rest.first == UInt8(ascii: ":") {
            return nil
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = Array(rest[(mark + 1)...])
            rest = Array(rest[..<mark])
        }
        if !scheme.isEmpty, rest.first != UInt8(ascii: "/") {
            opaque = rest
            return
        }
        if rest.starts(with: "//".utf8) {
            let authority = Array(rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") })
            rest = Array(rest.dropFirst(2 + authority.count))
            if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
                userinfo = Self.normalisedUser(Array(authority[..<at]))
                host = Array(authority[(at + 1)...])
            } else {
                host = authority
            }
        }
        guard let decoded = Escape.unpercent(rest) else { return nil }
        path = decoded
    }

    private static func isScheme(_ text: ArraySlice<UInt8>) -> Bool {
        text.allSatisfy { byte in
            let scalar = Unicode.Scalar(byte)
            return scalar.isASCII && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte))
        }
    }

    /// `user:password`, decoded and encoded again as Go does.
    static func normalisedUser(_ text: GoString) -> GoString {
        let parts = GoText.split(text, by: [UInt8(ascii: ":")], limit: 2)
        let encoded = parts.map { Escape.percent(Escape.unpercent($0) ?? $0, keeping: "-_.~$&+,;=") }
        return GoText.join(encoded, with: [UInt8(ascii: ":")])
    }

    var text: GoString {
        var out = GoString()
        if !scheme.isEmpty { out += scheme + [UInt8(ascii: ":")] }
        if !opaque.isEmpty {
            out += opaque
        } else {
            if !scheme.isEmpty || !host.isEmpty || !userinfo.isEmpty {
                if !host.isEmpty || !path.isEmpty || !userinfo.isEmpty { out += "//".utf8 }
                if !userinfo.isEmpty { out += userinfo + [UInt8(ascii: "@")] }
                out += host
            }
            let escaped = Escape.percent(path, keeping: "-_.~$&+,/:;=@")
            if let first = escaped.first, first != UInt8(ascii: "/"), !host.isEmpty { out.append(UInt8(ascii: "/")) }
            out += escaped
        }
        if !query.isEmpty { out += [UInt8(ascii: "?")] + query }
        if !fragment.isEmpty { out += [UInt8(ascii: "#")] + Escape.percent(fragment, keeping: "-_.~$&+,/:;=@?!()*") }
        return out
    }

    var members: TemplateValue {
        var hostname = host
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), host[(colon + 1)...].allSatisfy({ (0x30...0x39).contains($0) }) {
            hostname = Array(host[..<colon])
        }
        if hostname.first == UInt8(ascii: "["), hostname.last == UInt8(ascii: "]") {
            hostname = Array(hostname[1..<(hostname.count - 1)])
        }
        return .dict([
            "scheme": .string(scheme), "userinfo": .string(userinfo), "host": .string(host), "hostname": .string(hostname),
            "path": .string(path), "query": .string(query), "opaque": .string(opaque), "fragment": .string(fragment),
        ])
    }
}
