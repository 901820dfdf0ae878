/// The forms in which programs are told where a server is. Each function answers the text with outputs in it, or nil where the text does
/// not lead to the server.
struct ConnectionOutputs {
    let backing: Backing

    /// A byte that no UTF-8 has, followed by the output's: given the resource's name afterwards.
    private static let outputs: [String: UInt8] = [
        "host": 0xF8, "port": 0xF9, "username": 0xFA, "password": 0xFB, "name": 0xFC, "vhost": 0xFD,
    ]

    private static func output(_ name: String) -> UInt8 { outputs[name] ?? 0xF8 }

    func named(_ resource: String, in text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for byte in text {
            if byte >= 0xF8, let output = Self.outputs.first(where: { $0.value == byte })?.key {
                out += Array(ScoreTemplate.mark(resource: resource, output: output).utf8)
            } else {
                out.append(byte)
            }
        }
        return out
    }

    /// `scheme://user:password@host:port/name?user=...`, anywhere in the text.
    mutating func url(_ text: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = [], index = 0, isChanged = false
        while index < text.count {
            guard text[index...].starts(with: "://".utf8) else {
                out.append(text[index])
                index += 1
                continue
            }
            let scheme = Self.scheme(endingAt: index, text)
            let start = index + 3
            let end = text[start...].firstIndex { "/?#\"' ;)<>|".utf8.contains($0) } ?? text.count
            out += Array("://".utf8)
            index = end
            guard let authority = authority(text[start..<end], scheme: scheme) else {
                out += text[start..<end]
                continue
            }
            out += authority
            isChanged = true
            if backing.image.schemes.contains(scheme) { index = path(text, from: end, into: &out) }
        }
        return isChanged ? out : nil
    }

    /// `user:password@tcp(host:port)/name`, as programs in Go give it.
    func tcp(_ text: [UInt8]) -> [UInt8]? {
        guard let open = Self.index(of: "tcp(", in: text), let close = text[open...].firstIndex(of: UInt8(ascii: ")")),
            isHere(text[(open + 4)..<close])
        else { return nil }
        var out: [UInt8] = []
        if open > 0, text[open - 1] == UInt8(ascii: "@") {
            out += credentials(text[..<(open - 1)]) + [UInt8(ascii: "@")]
        } else {
            out += text[..<open]
        }
        out += Array("tcp(".utf8) + address() + [UInt8(ascii: ")")]
        var rest = text[(close + 1)...]
        if rest.first == UInt8(ascii: "/"), let name = backing.image.path {
            let end = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
            if end - rest.startIndex > 1 { out += [UInt8(ascii: "/"), Self.output(name)] }
            rest = end - rest.startIndex > 1 ? rest[end...] : rest
        }
        return out + rest
    }

    /// `host=... port=... user=...` and `Server=...;Database=...;User Id=...`.
    func pairs(_ text: [UInt8]) -> [UInt8]? {
        let separator = text.contains(UInt8(ascii: ";")) ? UInt8(ascii: ";") : UInt8(ascii: " ")
        let fields = text.split(separator: separator, omittingEmptySubsequences: false)
        func parts(_ field: ArraySlice<UInt8>) -> (key: String, value: ArraySlice<UInt8>)? {
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let key = String(decoding: field[..<equals], as: UTF8.self).lowercased().filter { $0 != " " && $0 != "_" }
            return (key, field[(equals + 1)...])
        }
        let hostKeys: Set<String> = ["host", "server", "datasource", "address", "addr", "hostname"]
        guard fields.count > 1,
            fields.contains(where: { parts($0).map { hostKeys.contains($0.key) && isHere($0.value) } ?? false })
        else { return nil }
        let keys = [
            "user": "username", "username": "username", "uid": "username", "userid": "username", "password": "password",
            "pwd": "password", "port": "port", "database": backing.image.path, "dbname": backing.image.path,
            "initialcatalog": backing.image.path, "db": backing.image.path, "vhost": backing.image.path,
            "virtualhost": backing.image.path,
        ]
        let rewritten = fields.map { field -> [UInt8] in
            guard let (key, value) = parts(field), !value.isEmpty else { return Array(field) }
            let name = Array(field[..<value.startIndex])
            if hostKeys.contains(key) {
                guard isHere(value) else { return Array(field) }
                let comma = value.contains(UInt8(ascii: ",")) ? UInt8(ascii: ",") : UInt8(ascii: ":")
                return name + (value.contains(comma) ? address(separator: comma) : [Self.output("host")])
            }
            guard let output = keys[key] ?? nil else { return Array(field) }
            return name + [Self.output(output)]
        }
        return Array(rewritten.joined(separator: [separator]))
    }

    /// `host`, `host:port` or a list of them. A name alone counts where the variable speaks of a host: `CACHE_DRIVER=redis` does not.
    func hosts(_ text: [UInt8], variable: String) -> [UInt8]? {
        let words = variable.uppercased()
        let meansHost = ["HOST", "SERVER", "ADDR", "URL", "URI", "ENDPOINT", "NODE", "BROKER"].contains { words.contains($0) }
        let fields = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard fields.allSatisfy({ isHere($0) && (meansHost || $0.contains(UInt8(ascii: ":"))) }), let first = fields.first else {
            return nil
        }
        return first.contains(UInt8(ascii: ":")) ? address() : [Self.output("host")]
    }

    /// `host` or `host:port`, and nothing else.
    private func isHere(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: text.contains(UInt8(ascii: ",")) ? UInt8(ascii: ",") : UInt8(ascii: ":"), maxSplits: 1)
        guard let host = parts.first, backing.hosts.contains(String(decoding: host, as: UTF8.self)) else { return false }
        return parts.count == 1
            || parts[1].allSatisfy { (0x30...0x39).contains($0) || $0 >= 0x80 || $0 == 0x5f || $0 == 0x2e || $0.isLetter }
    }

    private func address(separator: UInt8 = UInt8(ascii: ":")) -> [UInt8] {
        [Self.output("host"), separator, Self.output("port")]
    }

    private func credentials(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return text.isEmpty ? [] : [Self.output("username")] }
        return (colon == text.startIndex ? [] : [Self.output("username")]) + [UInt8(ascii: ":"), Self.output("password")]
    }

    private func authority(_ text: ArraySlice<UInt8>, scheme: String) -> [UInt8]? {
        let at = text.lastIndex(of: UInt8(ascii: "@"))
        let hosts = text[(at.map { $0 + 1 } ?? text.startIndex)...].split(separator: UInt8(ascii: ","))
        guard !hosts.isEmpty, hosts.allSatisfy(isHere) else { return nil }
        // Another protocol at another port is something else on the same host.
        guard
            backing.image.schemes.contains(scheme)
                || hosts[0].elementsEqual(Array("\(host(hosts[0])):\(backing.image.port)".utf8))
        else { return nil }
        return (at.map { credentials(text[..<$0]) + [UInt8(ascii: "@")] } ?? []) + address()
    }

    private func host(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: text.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    }

    /// The path and the credentials in the query. Answers where the text goes on.
    private func path(_ text: [UInt8], from start: Int, into out: inout [UInt8]) -> Int {
        var index = start
        let end = text[start...].firstIndex { "?#\"' ;)<>|,".utf8.contains($0) } ?? text.count
        if let name = backing.image.path {
            let isHost = backing.image.type == "amqp"
            if end - start > 1 || isHost {
                out += [UInt8(ascii: "/"), Self.output(name)]
            } else {
                out += text[start..<end]
            }
            index = end
        }
        guard index < text.count, text[index] == UInt8(ascii: "?") else { return index }
        let stop = text[index...].firstIndex { "#\"' ;)<>|".utf8.contains($0) } ?? text.count
        let fields = text[(index + 1)..<stop].split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).map {
            field -> [UInt8] in
            for (key, output) in [("user=", "username"), ("username=", "username"), ("password=", "password")]
            where field.starts(with: key.utf8) {
                return Array(key.utf8) + [Self.output(output)]
            }
            return Array(field)
        }
        out += [UInt8(ascii: "?")] + Array(fields.joined(separator: [UInt8(ascii: "&")]))
        return stop
    }

    /// `postgresql` of `jdbc:postgresql://` and of `postgresql+asyncpg://`.
    private static func scheme(endingAt end: Int, _ text: [UInt8]) -> String {
        var start = end
        while start > 0,
            text[start - 1].isLetter || (0x30...0x39).contains(text[start - 1]) || "+.-".utf8.contains(text[start - 1])
        {
            start -= 1
        }
        return String(decoding: text[start..<end].prefix { $0 != UInt8(ascii: "+") }, as: UTF8.self).lowercased()
    }

    private static func index(of needle: String, in text: [UInt8]) -> Int? {
        let needle = Array(needle.utf8)
        return text.indices.first { text[$0...].starts(with: needle) }
    }
}

extension UInt8 {
    /// An ASCII letter.
    fileprivate var isLetter: Bool { (0x41...0x5a).contains(self & 0xdf) }
}
