import PlatformModel

/// Compares a document with a shape; every difference is a problem with its place and the nearest valid name or value.
struct ShapeValidator {
    private(set) var problems = ProblemList()
    /// What is allowed but looks like a slip.
    private(set) var warnings = ProblemList()
    /// Where the check stands; one array for the whole walk.
    private var path: [String] = []

    /// `place` is where the value's key is, for what is missing in it.
    mutating func check(_ node: ScoreNode, _ shape: Shape, place: ScoreOrigin) {
        switch shape {
        case .any: break
        case .string(let rule): checkString(node, rule)
        case .integer(let range): checkInteger(node, range)
        case .boolean: checkBoolean(node)
        case .choice(let values): checkChoice(node, values)
        case .list(let element):
            guard case .list(let elements) = node.kind else { return wrongType(node, "a list is needed") }
            for (index, child) in elements.enumerated() { check(child, element, under: "\(index)", place: child.origin) }
        case .map(let rule, let value, let minimum):
            guard case .map(let entries) = node.kind else { return wrongType(node, "a map is needed") }
            if entries.count < minimum { problems.add("108", path, at: place, "at least \(minimum) is needed here") }
            for entry in entries {
                if let rule, !rule.accepts(entry.key) {
                    problems.add(
                        "106", path + [entry.key], at: entry.origin,
                        "'\(entry.key.prefix(80))' is not a valid name: \(rule.words)", suggestion: rule.nearest(to: entry.key))
                }
                check(entry.value, value, under: entry.key, place: entry.origin)
            }
        case .object(let object): checkObject(node, object, place)
        }
    }

    private mutating func check(_ node: ScoreNode, _ shape: Shape, under key: String, place: ScoreOrigin) {
        path.append(key)
        check(node, shape, place: place)
        path.removeLast()
    }

    private mutating func checkString(_ node: ScoreNode, _ rule: StringRule?) {
        guard let text = node.string else {
            // "Set by the command line", people mean.
            let isOpenImage = path.last == "image" && node.isNull
            return wrongType(
                node,
                "a string is needed" + (rule.map { " (\($0.words))" } ?? "") + (isOpenImage ? " ('.' until it is given)" : ""),
                suggestion: isOpenImage ? "." : nil)
        }
        guard let rule, !rule.accepts(text) else { return }
        // "Set by the pipeline", people mean.
        let meant = path.last == "image" && text.isEmpty ? "." : rule.nearest(to: text)
        problems.add("105", path, at: node.origin, "'\(text.prefix(80))' is not valid: \(rule.words)", suggestion: meant)
    }

    private mutating func checkInteger(_ node: ScoreNode, _ range: ClosedRange<Int>) {
        let words = "from \(range.lowerBound) to \(range.upperBound)"
        guard case .scalar(let value) = node.kind, let number = value.double, number.rounded() == number, number.isFinite else {
            let meant = node.string.flatMap { Int($0) }.flatMap { range.contains($0) ? String($0) : nil }
            return wrongType(node, "a whole number \(words) is needed", unquoted: meant)
        }
        guard number < Double(range.lowerBound) || number > Double(range.upperBound) else { return }
        let nearest = number < Double(range.lowerBound) ? range.lowerBound : range.upperBound
        problems.add("105", path, at: node.origin, "\(value.canonical.prefix(40)) is not \(words)", suggestion: String(nearest))
    }

    private mutating func checkBoolean(_ node: ScoreNode) {
        guard case .scalar(.bool) = node.kind else {
            let words = ["yes": "true", "on": "true", "no": "false", "off": "false"]
            let text = node.string?.lowercased()
            return wrongType(
                node, "true or false is needed", suggestion: text.flatMap { words[$0] },
                unquoted: text.flatMap { ["true", "false"].contains($0) ? $0 : nil })
        }
    }

    private mutating func checkChoice(_ node: ScoreNode, _ values: [String]) {
        guard let text = node.string else { return wrongType(node, "one of \(values.joined(separator: ", ")) is needed") }
        guard !values.contains(text) else { return }
        if path == ["apiVersion"], text.hasPrefix("score.sh/") {
            return problems.add(
                "109", path, at: node.origin,
                "'\(text.prefix(80))' is an older dialect of Score; write '\(ScoreSchema.apiVersion)', and drop 'properties' from resources",
                suggestion: ScoreSchema.apiVersion)
        }
        problems.add(
            "105", path, at: node.origin, "'\(text.prefix(80))' is not one of \(values.joined(separator: ", "))",
            suggestion: nearestName(to: text, among: values) ?? (values.count == 1 ? values[0] : nil))
    }

    private mutating func checkObject(_ node: ScoreNode, _ object: ObjectShape, _ place: ScoreOrigin) {
        guard case .map(let entries) = node.kind else { return wrongType(node, "a map is needed", lone: object.lone) }
        var unknown: [ScoreNode.Entry] = []
        for entry in entries {
            if let shape = object.shape(of: entry.key) {
                check(entry.value, shape, under: entry.key, place: entry.origin)
            } else {
                unknown.append(entry)
            }
        }
        func isPresent(_ name: String) -> Bool { entries.contains { $0.key == name } }
        var meant: [String] = []
        if !unknown.isEmpty {
            // What is absent is the likelier meaning of a misspelt key.
            let absent = object.names.filter { !isPresent($0) }
            for entry in unknown {
                if let name = self.unknown(entry, object, absent.filter { !meant.contains($0) }) { meant.append(name) }
            }
        }
        for name in object.required where !isPresent(name) && !meant.contains(name) {
            problems.add("103", path, at: place, "the key '\(name)' is missing")
        }
        switch object.choice {
        case .exactlyOne(let names)? where names.filter({ isPresent($0) || meant.contains($0) }).count != 1:
            problems.add("107", path, at: place, "exactly one of \(names.joined(separator: ", ")) is needed")
        case .atLeastOne(let names)? where !names.contains(where: { isPresent($0) || meant.contains($0) }):
            problems.add("107", path, at: place, "at least one of \(names.joined(separator: ", ")) is needed")
        default: break
        }
    }

    /// Answers the key that was probably meant.
    private mutating func unknown(_ entry: ScoreNode.Entry, _ object: ObjectShape, _ absent: [String]) -> String? {
        // Beyond what will be told, nothing is looked for.
        guard problems.problems.count < 200, object.isOpen ? warnings.problems.count < 200 : true else {
            if !object.isOpen { problems.add("102", path, at: entry.origin, "unknown key") }
            return nil
        }
        let path = path + [entry.key]
        let near = nearestName(to: entry.key, among: absent)
        if object.isOpen {
            // Only a required key can be missed in an open map; a near miss of an optional one is worth a word.
            if let near, object.required.contains(near) {
                problems.add(
                    "103", path, at: entry.origin, "the key '\(near)' is missing, and this one is near it", suggestion: near)
                return near
            }
            if let near { warnings.add("102", path, at: entry.origin, "this key has no meaning in Score", suggestion: near) }
            return nil
        }
        if let hint = object.hints[entry.key] {
            problems.add("109", path, at: entry.origin, hint)
            return nil
        }
        let suggestion = near ?? nearestName(to: entry.key, among: object.names)
        problems.add(
            "102", path, at: entry.origin,
            "unknown key '\(entry.key.prefix(80))'; the keys here are \(object.names.joined(separator: ", "))",
            suggestion: suggestion)
        return near
    }

    /// `unquoted` is what the text in quotes was meant to be, `lone` the key under which a value in place of a map belongs.
    private mutating func wrongType(
        _ node: ScoreNode, _ needed: String, suggestion: String? = nil, unquoted: String? = nil, lone: String? = nil
    ) {
        let found: String
        switch node.kind {
        case .map: found = "a map"
        case .list: found = "a list"
        case .scalar(.null): found = "empty"
        case .scalar(.string(let text)): found = mayBeSecret ? "a string" : "the string '\(text.prefix(80))'"
        case .scalar(.bool(let value)): found = mayBeSecret ? "true or false" : "\(value)"
        case .scalar(.double(let value)) where !value.isFinite: found = "no finite number"
        // A mode such as 0644 was read as the number 420: to show that would not help.
        case .scalar(let value):
            found = mayBeSecret || path.last == "mode" ? "a number" : "the number \(value.canonical.prefix(40))"
        }
        var message = "\(needed), and this is \(found)"
        if case .scalar(let value) = node.kind, needed.hasPrefix("a string"), value.bool != nil || value.double != nil {
            message += "; put it in quotes"
        } else if let unquoted {
            message += "; write \(unquoted), without quotes"
        } else if node.isNull, suggestion == nil {
            message += needed == "a string is needed" ? "; write \"\" for an empty text" : "; fill it, or leave the key out"
        } else if let lone, case .scalar = node.kind {
            message += "; put it under '\(lone)'"
        }
        problems.add("104", path, at: node.origin, message, suggestion: suggestion)
    }

    /// Where people write values of their own, which errors never show.
    private var mayBeSecret: Bool {
        guard path.count > 3 else { return false }
        return ["variables", "files"].contains(path[2]) && path.last != "mode" && path.last != "noExpand" || path.last == "value"
            || path.contains("annotations")
    }
}
