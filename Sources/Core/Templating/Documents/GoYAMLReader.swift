import YAML

/// Reads the first document of a YAML text as `sigs.k8s.io/yaml` does, over `yaml.v2`: by YAML 1.1, every number a float64.
struct GoYAMLReader: ~Copyable {
    private var events: YAMLEventReader
    private let state: RenderState
    private var anchors: [String: Node] = [:]
    /// What JSON has not: told when all is read, and keys before numbers.
    private var badKey: FunctionFailure?
    private var badNumber: FunctionFailure?

    /// A node that is not typed yet: an anchor may stand for a key or a value.
    private indirect enum Node {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([(key: Node, value: Node)])
        case alias(String)
    }

    private struct Scalar {
        let text: String
        let isPlain: Bool
        let tag: String?
    }

    /// The members of the document's mapping.
    /// - Throws: why it is none, in Go's words.
    static func members(of text: GoString, state: RenderState) throws(FunctionFailure) -> [String: TemplateValue] {
        let text = text.isEmpty ? [UInt8(ascii: "\n")] : text
        return try text.withUnsafeBufferPointer { (bytes) throws(FunctionFailure) -> [String: TemplateValue] in
            guard let events = YAMLEventReader(bytes, file: "") else { throw FunctionFailure(limit: "there is no memory") }
            var reader = GoYAMLReader(events: events, state: state)
            let value: TemplateValue
            do throws(FunctionFailure) {
                value = try reader.document()
            } catch {
                throw error.isLimit ? error : FunctionFailure("error converting YAML to JSON: " + error.message)
            }
            let kind: String
            switch value {
            case .dict(let map): return map.members
            case .missing, .null: return [:]
            case .bool: kind = "bool"
            case .string: kind = "string"
            case .list: kind = "array"
            default: kind = "number"
            }
            throw FunctionFailure(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal \(kind) into Go value of type "
                    + "map[string]interface {}")
        }
    }

    private init(events: consuming YAMLEventReader, state: RenderState) {
        self.events = events
        self.state = state
    }

    private mutating func next() throws(FunctionFailure) -> YAMLEvent {
        do throws(YAMLError) {
            return try events.next()
        } catch {
            let refusal = events.refusal
            throw FunctionFailure("yaml: " + (refusal.line == 0 ? "" : "line \(refusal.line): ") + refusal.problem)
        }
    }

    private mutating func document() throws(FunctionFailure) -> TemplateValue {
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: return .missing
            case .documentStart:
                let node = try node(try next(), depth: 0)
                _ = try next()
                let value = try value(of: node, depth: 0)
                if let mistake = badKey ?? badNumber { throw mistake }
                return value
            default: break
            }
        }
    }
}

// The tree.
extension GoYAMLReader {
    private mutating func node(_ event: YAMLEvent, depth: Int) throws(FunctionFailure) -> Node {
        try descend(depth)
        let node: Node
        switch event.kind {
        case .alias(let name):
            guard anchors[name] != nil else { throw FunctionFailure("yaml: unknown anchor '\(name)' referenced") }
            return .alias(name)
        case .scalar(let text, let isPlain): node = .scalar(Scalar(text: text, isPlain: isPlain, tag: event.tag))
        case .sequenceStart:
            if let anchor = event.anchor { anchors[anchor] = .alias(anchor) }
            var elements: [Node] = []
            while true {
                let next = try next()
                if case .sequenceEnd = next.kind { break }
                elements.append(try self.node(next, depth: depth + 1))
            }
            node = .sequence(elements)
        default:
            if let anchor = event.anchor { anchors[anchor] = .alias(anchor) }
            var entries: [(key: Node, value: Node)] = []
            while true {
                let next = try next()
                if case .mappingEnd = next.kind { break }
                let key = try self.node(next, depth: depth + 1)
                entries.append((key, try self.node(try self.next(), depth: depth + 1)))
            }
            node = .mapping(entries)
        }
        if let anchor = event.anchor { anchors[anchor] = node }
        return node
    }

    private func descend(_ depth: Int) throws(FunctionFailure) {
        try state.spend()
        if depth > state.environment.limits.depth {
            throw FunctionFailure(limit: "the YAML nests deeper than \(state.environment.limits.depth)")
        }
    }
}

// The values.
extension GoYAMLReader {
    private mutating func value(of node: Node, depth: Int) throws(FunctionFailure) -> TemplateValue {
        try descend(depth)
        // An alias makes much out of little.
        try state.spend()
        switch node {
        case .alias(let name): return try value(of: try anchored(name), depth: depth)
        case .scalar(let scalar):
            let value = try self.value(of: scalar)
            switch value {
            case .int(let number, .uint64): return .float(Double(UInt64(bitPattern: number)))
            case .int(let number, _): return .float(Double(number))
            case .float(let number) where !number.isFinite:
                badNumber = badNumber ?? FunctionFailure("json: unsupported value: \(GoFloat.shortest(number))")
                return value
            default: return value
            }
        case .sequence(let nodes):
            var elements: [TemplateValue] = []
            for node in nodes { elements.append(try value(of: node, depth: depth + 1)) }
            return .list(elements)
        case .mapping(let entries):
            var members: [String: TemplateValue] = [:]
            try add(entries, to: &members, depth: depth)
            return .dict(members)
        }
    }

    private func anchored(_ name: String) throws(FunctionFailure) -> Node {
        guard let node = anchors[name] else { throw FunctionFailure("yaml: unknown anchor '\(name)' referenced") }
        if case .alias(name) = node { throw FunctionFailure("yaml: anchor '\(name)' value contains itself") }
        return node
    }

    /// The last of several equal keys counts, and `<<` as if its members stood in its place.
    private mutating func add(
        _ entries: [(key: Node, value: Node)], to members: inout [String: TemplateValue], depth: Int
    ) throws(FunctionFailure) {
        for (key, node) in entries {
            if case .scalar(let scalar) = key, scalar.text == "<<",
                scalar.isPlain && scalar.tag == nil || scalar.tag == Self.merge
            {
                try merge(node, into: &members, depth: depth + 1, isInList: false)
            } else {
                let name = try self.key(key, depth: depth + 1), value = try value(of: node, depth: depth + 1)
                if let text = name.text {
                    members[text] = value
                } else {
                    badKey =
                        badKey
                        ?? FunctionFailure(
                            "Unsupported map key of type: \(name.type), key: \(name.shown), value: \(Self.syntax(value))")
                }
            }
        }
    }

    private mutating func merge(
        _ node: Node, into members: inout [String: TemplateValue], depth: Int, isInList: Bool
    ) throws(FunctionFailure) {
        try descend(depth)
        switch node {
        case .mapping(let entries): return try add(entries, to: &members, depth: depth)
        case .alias(let name):
            if case .mapping(let entries) = try anchored(name) { return try add(entries, to: &members, depth: depth) }
        case .sequence(let nodes) where !isInList:
            // The first of them wins.
            for node in nodes.reversed() { try merge(node, into: &members, depth: depth + 1, isInList: true) }
            return
        default: break
        }
        throw FunctionFailure("yaml: map merge requires map or sequence of maps as the value")
    }

    /// A key as text; without one, its type and how Go shows it.
    private struct Key {
        var text: String?
        var type = ""
        var shown = ""
    }

    private mutating func key(_ node: Node, depth: Int) throws(FunctionFailure) -> Key {
        let key: TemplateValue
        switch node {
        case .scalar(let scalar): key = try value(of: scalar)
        case .alias(let name): return try self.key(try anchored(name), depth: depth)
        default: throw FunctionFailure("yaml: invalid map key: " + Self.syntax(try value(of: node, depth: depth)))
        }
        switch key {
        case .string(let text): return Key(text: GoText.text(text))
        case .int(let number, .uint64): return Key(type: "uint64", shown: "0x" + String(UInt64(bitPattern: number), radix: 16))
        case .int(let number, _): return Key(text: String(number))
        case .bool(let value): return Key(text: value ? "true" : "false")
        case .float(let number):
            if number.isNaN { return Key(text: ".nan") }
            if number.isInfinite { return Key(text: number < 0 ? "-.inf" : ".inf") }
            // Go shortens the number as if it were a float32.
            return Key(text: GoFloat.shortest(Double(String(describing: Float(number))) ?? number))
        default: return Key(type: "%!s(<nil>)", shown: "<nil>")
        }
    }

    private static func syntax(_ value: TemplateValue) -> String {
        GoText.text(GoFormatter.sprintf(Array("%#v".utf8), [value]))
            .replacing("map[string]interface {}", with: "map[interface {}]interface {}")
    }

    private static let prefix = "tag:yaml.org,2002:"
    private static let merge = prefix + "merge"

    private func value(of scalar: Scalar) throws(FunctionFailure) -> TemplateValue {
        guard let tag = scalar.tag else { return scalar.isPlain ? Self.plain(scalar.text).value : .string(scalar.text) }
        let short = tag.hasPrefix(Self.prefix) ? String(tag.dropFirst(Self.prefix.count)) : ""
        switch short {
        case "str": return .string(scalar.text)
        case "binary":
            guard case .success(let bytes) = RadixText.base64.decode(Array(scalar.text.utf8)) else {
                throw FunctionFailure("yaml: !!binary value contains invalid base64 data")
            }
            return .string(Array(GoText.text(bytes).utf8))
        case "bool", "int", "float", "null", "timestamp":
            var (value, type) = Self.plain(scalar.text)
            if type == "timestamp", short != type { type = "str" }
            if short == type { return value }
            if short == "float", case .int(let number, .int64) = value { return .float(Double(number)) }
            throw FunctionFailure("yaml: cannot decode !!\(type) `\(scalar.text)` as a !!\(short)")
        default: return .string(scalar.text)
        }
    }

    /// A value, and its type as YAML calls it. An integer is one only as a key.
    private static func plain(_ text: String) -> (value: TemplateValue, type: String) {
        switch GoYAMLScalar(text) {
        case .null: (.null, "null")
        case .bool(let value): (.bool(value), "bool")
        case .int(let number): (.int64(number), "int")
        case .unsigned(let number): (.int(Int64(bitPattern: number), .uint64), "int")
        case .float(let number): (.float(number), "float")
        case .timestamp: (.string(text), "timestamp")
        case .string: (.string(text), "str")
        }
    }
}
