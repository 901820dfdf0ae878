/// One mount of a service, short or long.
struct VolumeMapping {
    enum Kind {
        /// By name, or one of its own.
        case volume(String?)
        /// A path on the host.
        case file(String)
        case temporary
        case other(String)
    }

    var kind: Kind
    var target: String
    var isReadOnly = false
    var subPath: String?

    /// Nil where it is none.
    init?(_ node: SourceNode) {
        if let text = node.text {
            self.init(short: ComposeText(text).plain)
        } else {
            self.init(long: node)
        }
    }

    private init?(short text: String) {
        var fields = Self.fields(text)
        guard !text.isEmpty, fields.count <= 3 else { return nil }
        if fields.count == 3 {
            let options = fields.removeLast().split(separator: ",")
            isReadOnly = options.contains("ro")
        }
        target = fields.removeLast()
        guard target.hasPrefix("/"), !target.utf8.contains(0) else { return nil }
        guard let source = fields.first else {
            kind = .volume(nil)
            return
        }
        guard !source.isEmpty else { return nil }
        kind = Self.kind(of: source)
    }

    private init?(long node: SourceNode) {
        guard let target = node["target"]?.text, target.hasPrefix("/") else { return nil }
        self.target = target
        isReadOnly = node["read_only"]?.bool ?? false
        let source = node["source"]?.text.map { ComposeText($0).plain }
        switch node["type"]?.text ?? "volume" {
        case "volume":
            kind = .volume(source.flatMap { $0.isEmpty ? nil : $0 })
            subPath = node["volume"]?["subpath"]?.text
        case "bind":
            guard let source, !source.isEmpty else { return nil }
            kind = Self.path(source)
        case "tmpfs": kind = .temporary
        case let type: kind = .other("mounts of the type '\(type)' are of one machine")
        }
    }

    private static func kind(of source: String) -> Kind {
        let isPath = [".", "/", "~", "$"].contains { source.hasPrefix($0) } || source.contains("\\") || source.contains("/")
        return isPath ? path(source) : .volume(source)
    }

    private static func path(_ source: String) -> Kind {
        if source.hasSuffix("docker.sock") { return .other("the container engine's socket is no business of a workload") }
        return .file(source)
    }

    /// Between colons; the one after a drive's letter (`C:\data`) belongs to the path.
    private static func fields(_ text: String) -> [String] {
        var fields: [String] = []
        for field in text.split(separator: ":", omittingEmptySubsequences: false) {
            if fields.count == 1, fields[0].utf8.count == 1, fields[0].first?.isLetter == true,
                field.hasPrefix("\\") || field.hasPrefix("/"),
                text.utf8.count > 3
            {
                fields[0] += ":" + field
            } else {
                fields.append(String(field))
            }
        }
        return fields
    }
}
