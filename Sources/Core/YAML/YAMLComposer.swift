import PlatformModel

/// Makes nodes of events: resolves aliases and merge keys, keeps the budgets, collects what is wrong.
struct YAMLComposer: ~Copyable {
    private var reader: YAMLEventReader
    private let file: String
    private let limits: YAMLLimits
    private var nodes = 0
    private var anchors: [String: Anchor] = [:]
    /// Each keeps what it stands for in memory.
    private static let mostAnchors = 10_000
    /// What is wrong, but hides nothing of what follows: duplicate keys, tags, values that cannot be stored.
    private(set) var problems: [Problem] = []

    /// A node that an alias may stand for; `composed` is nil while its end has not been seen.
    private struct Anchor {
        var composed: Composed?
    }

    private struct Composed {
        var node: YAMLNode
        var count: Int
        var height: Int
    }

    /// The keys of one mapping: a list while they are few, as they nearly always are.
    private struct SeenKeys {
        private var few: [(key: String, mark: YAMLMark)] = []
        private var many: [String: YAMLMark] = [:]

        /// Answers the key that was there before: the same, or one that Unicode takes for the same.
        mutating func insert(_ key: String, at mark: YAMLMark) -> (key: String, mark: YAMLMark)? {
            if many.isEmpty {
                if let known = few.first(where: { $0.key == key }) { return known }
            } else if let index = many.index(forKey: key) {
                return (many[index].key, many[index].value)
            }
            if many.isEmpty, few.count < 16 {
                few.append((key, mark))
                return nil
            }
            if many.isEmpty { many = Dictionary(uniqueKeysWithValues: few) }
            many[key] = mark
            return nil
        }
    }

    init(reader: consuming YAMLEventReader, file: String, limits: YAMLLimits) {
        self.reader = reader
        self.file = file
        self.limits = limits
    }

    mutating func documents() throws(YAMLError) -> [YAMLNode] {
        var documents: [YAMLNode] = []
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: return documents
            case .documentStart:
                anchors = [:]
                let first = try next()
                documents.append(try compose(first, depth: 0).node)
            default: break
            }
        }
    }

    /// A syntax error ends the text, but what was found before it is told too.
    private mutating func next() throws(YAMLError) -> YAMLEvent {
        do throws(YAMLError) { return try reader.next() } catch { throw YAMLError(problems + error.problems) }
    }

    private mutating func compose(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> Composed {
        try count(1, at: event.mark)
        if let anchor = event.anchor {
            anchors[anchor] = Anchor(composed: nil)
            guard anchors.count <= Self.mostAnchors else {
                throw YAMLError(
                    .nodes, file: file, at: event.mark,
                    "there are more than \(Self.mostAnchors) anchors ('&NAME') in this document")
            }
        }
        var composed: Composed
        switch event.kind {
        case .alias(let name):
            return try alias(name, at: event.mark, depth: depth)
        case .scalar(let text, let isPlain):
            let style = style(of: text, isPlain: isPlain, tag: event.tag, at: event.mark)
            // Only an escape can write it.
            if !isPlain, text.holds(UInt8(0)) {
                report(.encoding, at: event.mark, "a text with the character U+0000 cannot be stored")
            }
            // A long text costs nothing where it stands, and its length wherever an alias repeats it.
            composed = Composed(
                node: YAMLNode(.scalar(text: text, style: style), mark: event.mark), count: 1 + text.utf8.count / 64, height: 0)
        case .sequenceStart:
            composed = try sequence(event, depth: depth + 1)
        default:
            composed = try mapping(event, depth: depth + 1)
        }
        if let anchor = event.anchor { anchors[anchor] = Anchor(composed: composed) }
        return composed
    }

    private mutating func sequence(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> Composed {
        try descend(depth, at: event.mark)
        expect(tag: "tag:yaml.org,2002:seq", event)
        var elements: [YAMLNode] = [], total = 1, height = 0
        while true {
            let next = try next()
            if case .sequenceEnd = next.kind { break }
            let element = try compose(next, depth: depth)
            elements.append(element.node)
            total += element.count
            height = max(height, element.height)
        }
        return Composed(node: YAMLNode(.sequence(elements), mark: event.mark), count: total, height: height + 1)
    }

    private mutating func mapping(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> Composed {
        try descend(depth, at: event.mark)
        expect(tag: "tag:yaml.org,2002:map", event)
        var entries: [(key: YAMLNode, value: YAMLNode)] = [], merges: [Composed] = []
        var seen = SeenKeys(), total = 1, height = 0
        while true {
            let next = try next()
            if case .mappingEnd = next.kind { break }
            let key = try compose(next, depth: depth)
            let value = try compose(try self.next(), depth: depth)
            total += key.count + value.count
            height = max(height, value.height)
            guard case .scalar(let text, let style) = key.node.kind else {
                report(
                    .key, at: next.mark,
                    "a mapping or list cannot be a key here; only text can; "
                        + "a text that begins with '{{' needs quotes, or a block ('|')")
                continue
            }
            if let first = seen.insert(text, at: next.mark) {
                let place = "line \(first.mark.line), column \(first.mark.column)"
                report(
                    .duplicateKey, at: next.mark,
                    first.key.utf8.elementsEqual(text.utf8)
                        ? "the key '\(text.prefix(100))' is already at \(place); keep one of them"
                        : "the key '\(text.prefix(100))' has the same letters as the one at \(place), only composed otherwise (Unicode), "
                            + "so that they cannot be told apart; rename one of them")
            } else if text == "<<", style == .plain {
                merges.append(value)
            } else {
                entries.append((key.node, value.node))
            }
        }
        for merge in merges {
            total += try self.merge(merge, into: &entries, seen: &seen)
        }
        return Composed(node: YAMLNode(.mapping(entries), mark: event.mark), count: total, height: height + 1)
    }

    /// The entries of the merged mappings whose keys are not there yet; of several mappings the first wins. Answers how many nodes.
    private mutating func merge(
        _ merged: Composed, into entries: inout [(key: YAMLNode, value: YAMLNode)], seen: inout SeenKeys
    ) throws(YAMLError) -> Int {
        let sources = merged.node.elements ?? [merged.node]
        // Charged again, whole: what is merged may be used at both places.
        try count(merged.count, at: merged.node.mark)
        for source in sources {
            guard let more = source.entries else {
                report(.merge, at: source.mark, "'<<' takes a mapping or a list of mappings, and this is a \(source.kindName)")
                continue
            }
            for entry in more where seen.insert(entry.key.text, at: entry.key.mark) == nil { entries.append(entry) }
        }
        return merged.count
    }

    private mutating func alias(_ name: String, at mark: YAMLMark, depth: Int) throws(YAMLError) -> Composed {
        guard let anchor = anchors[name] else {
            // Among very many, looking would take long, and help nobody.
            let near =
                nearestName(to: name, among: anchors.count > 500 ? [] : Array(anchors.keys)).map { "; did you mean '*\($0)'?" }
                ?? ""
            throw YAMLError(
                problems + YAMLError(.alias, file: file, at: mark, "there is no anchor '&\(name)' before this\(near)").problems)
        }
        guard let composed = anchor.composed else {
            throw YAMLError(
                problems + YAMLError(.alias, file: file, at: mark, "'*\(name)' stands inside its own anchor").problems)
        }
        try count(composed.count - 1, at: mark)
        try descend(depth + composed.height, at: mark)
        return composed
    }

    private mutating func count(_ more: Int, at mark: YAMLMark) throws(YAMLError) {
        nodes += more
        guard nodes <= limits.nodes else {
            throw YAMLError(
                .nodes, file: file, at: mark, "the text has more than \(limits.nodes) values once its aliases are unfolded")
        }
    }

    private func descend(_ depth: Int, at mark: YAMLMark) throws(YAMLError) {
        guard depth <= limits.depth else {
            throw YAMLError(.depth, file: file, at: mark, "lists and mappings are nested more than \(limits.depth) deep")
        }
    }

    /// At most 100: more would bury the first.
    private mutating func report(_ code: YAMLError.Code, at mark: YAMLMark, _ message: String) {
        if problems.count < 100 { problems += YAMLError(code, file: file, at: mark, message).problems }
    }

    private mutating func expect(tag: String, _ event: YAMLEvent) {
        if let found = event.tag, found != tag, found != "!" { report(.tag, at: event.mark, Self.refusal(of: found)) }
    }

    private mutating func style(of text: String, isPlain: Bool, tag: String?, at mark: YAMLMark) -> YAMLScalarStyle {
        let type: YAMLScalarStyle.Tag
        switch tag {
        case nil: return isPlain ? .plain : .quoted
        case "!", "tag:yaml.org,2002:str": return .quoted
        case "tag:yaml.org,2002:null": type = .null
        case "tag:yaml.org,2002:bool": type = .bool
        case "tag:yaml.org,2002:int": type = .int
        case "tag:yaml.org,2002:float": type = .float
        case .some(let other):
            report(.tag, at: mark, Self.refusal(of: other))
            return .quoted
        }
        if YAMLScalar.tagged(text, type) == nil {
            report(.value, at: mark, "'\(text.prefix(100))' is not of the type its tag says")
        }
        return .tagged(type)
    }

    private static func refusal(of tag: String) -> String {
        "the tag '\(tag.prefix(100))' is not supported; only !!str, !!int, !!float, !!bool, !!null, !!seq and !!map are"
    }
}
