/// Go's `net/url.URL`, as far as Sprig shows it.
struct GoURL {
    struct User {
        var name: GoString
        /// Nil without a colon.
        var password: GoString?

        var text: GoString {
            let parts = [name] + (password.map { [$0] } ?? [])
            return GoText.join(parts.map { Escape.percent($0, keeping: "-_.~$&+,;=") }, with: [UInt8(ascii: ":")])
        }
    }

    var scheme: GoString = []
    var user: User?
    var host: GoString = []
    /// Decoded.
    var path: GoString = []
    var query: GoString = []
    var opaque: GoString = []
    /// Decoded.
    var fragment: GoString = []
    /// `scheme:/path`: no empty host is written.
    private var omitsHost = false
    /// A `?` with nothing after it.
    private var forcesQuery = false

    init() {}

    /// Reads a URL.
    /// - Throws: in Go's words: `parse "...": ...`.
    init(_ text: GoString) throws(FunctionFailure) {
        let hash = text.firstIndex(of: UInt8(ascii: "#"))
        let body = hash.map { Array(text[..<$0]) } ?? text
        func failure(_ whole: GoString, _ cause: FunctionFailure) -> FunctionFailure {
            FunctionFailure("parse \(GoText.text(GoQuote.quote(whole))): \(cause.message)")
        }
        do { try read(body) } catch { throw failure(body, error) }
        guard let hash else { return }
        do { fragment = try Self.decoded(Array(text[(hash + 1)...])) } catch { throw failure(text, error) }
    }

    private mutating func read(_ text: GoString) throws(FunctionFailure) {
        if text.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw FunctionFailure("net/url: invalid control character in URL")
        }
        if text == [UInt8(ascii: "*")] {
            path = text
            return
        }
        var rest = text
        if let length = try Self.schemeLength(text) {
            scheme = GoText.mapRunes(Array(text[..<length]), GoText.lower)
            rest = Array(text[(length + 1)...])
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = Array(rest[(mark + 1)...])
            forcesQuery = query.isEmpty
            rest = Array(rest[..<mark])
        }
        if rest.first != UInt8(ascii: "/") {
            if !scheme.isEmpty {
                opaque = rest
                return
            }
            if rest.prefix(while: { $0 != UInt8(ascii: "/") }).contains(UInt8(ascii: ":")) {
                throw FunctionFailure("first path segment in URL cannot contain colon")
            }
        }
        if rest.starts(with: "//".utf8), !scheme.isEmpty || !rest.starts(with: "///".utf8) {
            let authority = Array(rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") })
            rest = Array(rest.dropFirst(2 + authority.count))
            try readAuthority(authority)
        } else if !scheme.isEmpty, rest.first == UInt8(ascii: "/") {
            omitsHost = true
        }
        path = try Self.decoded(rest)
    }

    /// Nil without a scheme.
    private static func schemeLength(_ text: GoString) throws(FunctionFailure) -> Int? {
        for (index, byte) in text.enumerated() {
            switch byte {
            case _ where (0x61...0x7A).contains(byte | 0x20) && byte < 0x80: continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                if index == 0 { return nil }
            case UInt8(ascii: ":"):
                if index == 0 { throw FunctionFailure("missing protocol scheme") }
                return index
            default: return nil
            }
        }
        return nil
    }

    private mutating func readAuthority(_ authority: GoString) throws(FunctionFailure) {
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        host = try Self.host(Array(authority[(at.map { $0 + 1 } ?? 0)...]))
        guard let at else { return }
        let info = Array(authority[..<at])
        let isValid = info.allSatisfy { byte in
            RegexParser.isAlphanumeric(byte) && byte < 0x80 || "-._:~!$&'()*+,;=%@".utf8.contains(byte)
        }
        if !isValid { throw FunctionFailure("net/url: invalid userinfo") }
        let parts = GoText.split(info, by: [UInt8(ascii: ":")], limit: 2)
        user = User(
            name: try Self.decoded(parts.first ?? []),
            password: try parts.count > 1 ? Self.decoded(parts[1]) : nil)
    }

    private static func host(_ text: GoString) throws(FunctionFailure) -> GoString {
        var port: GoString = []
        if text.first == UInt8(ascii: "[") {
            guard let close = text.lastIndex(of: UInt8(ascii: "]")) else { throw FunctionFailure("missing ']' in host") }
            port = Array(text[(close + 1)...])
        } else if let colon = text.lastIndex(of: UInt8(ascii: ":")) {
            port = Array(text[colon...])
        }
        let isPort = port.isEmpty || port[0] == UInt8(ascii: ":") && port.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
        if !isPort { throw FunctionFailure("invalid port \(GoText.text(GoQuote.quote(port))) after host") }
        for byte in text where byte < 0x80 && !RegexParser.isAlphanumeric(byte) && !"-_.~!$&'()*+,;=:[]<>\"%".utf8.contains(byte)
        {
            throw FunctionFailure("invalid character \(GoText.text(GoQuote.quote([byte]))) in host name")
        }
        return try decoded(text, isHost: true)
    }

    /// In a host only bytes of letters beyond ASCII are encoded.
    private static func decoded(_ text: GoString, isHost: Bool = false) throws(FunctionFailure) -> GoString {
        var out = GoString(), index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "%") else {
                out.append(text[index])
                index += 1
                continue
            }
            let escape = Array(text[index..<min(index + 3, text.count)])
            let digits = escape.dropFirst().compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
            guard digits.count == 2, !isHost || digits[0] >= 8 || escape.elementsEqual("%25".utf8) else {
                throw FunctionFailure("invalid URL escape \(GoText.text(GoQuote.quote(escape)))")
            }
            out.append(UInt8(digits[0] << 4 | digits[1]))
            index += 3
        }
        return out
    }

    var text: GoString {
        var out = GoString()
        if !scheme.isEmpty { out += scheme + [UInt8(ascii: ":")] }
        if !opaque.isEmpty {
            out += opaque
        } else {
            if !scheme.isEmpty || !host.isEmpty || user != nil, !(omitsHost && host.isEmpty && user == nil) {
                if !host.isEmpty || !path.isEmpty || user != nil { out += "//".utf8 }
                if let user { out += user.text + [UInt8(ascii: "@")] }
                out += Escape.percent(host, keeping: "-_.~!$&'()*+,;=:[]<>\"")
            }
            let escaped = path == [UInt8(ascii: "*")] ? path : Escape.percent(path, keeping: "-_.~$&+,/:;=@")
            if let first = escaped.first, first != UInt8(ascii: "/"), !host.isEmpty { out.append(UInt8(ascii: "/")) }
            if out.isEmpty, escaped.prefix(while: { $0 != UInt8(ascii: "/") }).contains(UInt8(ascii: ":")) { out += "./".utf8 }
            out += escaped
        }
        if forcesQuery || !query.isEmpty { out += [UInt8(ascii: "?")] + query }
        if !fragment.isEmpty { out += [UInt8(ascii: "#")] + Escape.percent(fragment, keeping: "-_.~$&+,/:;=@?!()*") }
        return out
    }

    /// The host without its port, and without the brackets of an IPv6 address.
    private var hostname: GoString {
        var name = host
        if let colon = name.lastIndex(of: UInt8(ascii: ":")), name[(colon + 1)...].allSatisfy({ (0x30...0x39).contains($0) }) {
            name = Array(name[..<colon])
        }
        if name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") { name = Array(name[1..<(name.count - 1)]) }
        return name
    }

    var members: TemplateValue {
        .dict([
            "scheme": .string(scheme), "userinfo": .string(user?.text ?? []), "host": .string(host),
            "hostname": .string(hostname), "path": .string(path), "query": .string(query), "opaque": .string(opaque),
            "fragment": .string(fragment),
        ])
    }
}
