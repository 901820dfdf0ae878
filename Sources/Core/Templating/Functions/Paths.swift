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
            try call.built(try Self.url(call.string(0), "url").members)
        }
        add("urlJoin", [.dict]) { call throws(FunctionFailure) in
            let map = call.dict(0)
            func part(_ name: String) throws(FunctionFailure) -> GoString {
                switch map.members[name] ?? .missing {
                case .missing: return []
                case .string(let text): return text
                case .null: throw FunctionFailure("runtime error: invalid memory address or nil pointer dereference")
                case let other:
                    throw FunctionFailure("unable to parse \(name) key, must be of type string, but \(other.kindName) found")
                }
            }
            var url = GoURL()
            url.scheme = try part("scheme")
            url.host = try part("host")
            url.path = try part("path")
            url.query = try part("query")
            url.opaque = try part("opaque")
            url.fragment = try part("fragment")
            let user = try part("userinfo")
            if !user.isEmpty {
                url.user = try Self.url(Array("proto://".utf8) + user + Array("@host".utf8), "userinfo in dict").user
            }
            return .string(url.text)
        }
    }
}

extension FunctionTable {
    private static func url(_ text: GoString, _ what: String) throws(FunctionFailure) -> GoURL {
        do throws(FunctionFailure) {
            return try GoURL(text)
        } catch {
            throw FunctionFailure("unable to parse \(what): \(error.message)")
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
