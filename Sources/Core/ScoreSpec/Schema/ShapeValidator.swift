import PlatformModel

/// Compares a document with a shape; every difference is a problem with its place and the nearest valid name.
struct ShapeValidator {
    var problems = ProblemList()
    /// What is allowed but looks like a slip.
    var warnings = ProblemList()

    /// `place` is where the value's key is, for what is missing in it.
    mutating func check(_ node: ScoreNode, _ shape: Shape, path: [String], place: ScoreOrigin) {
        switch shape {
        case .any: break
        case .string(let rule): checkString(node, rule, path)
        case .integer(let range): checkInteger(node, range, path)
        case .boolean:
            if node.json.bool == nil { wrongType(node, "true or false is needed", path) }
        case .choice(let values): checkChoice(node, values, path)
        case .list(let element):
            guard case .list(let elements) = node.kind else { return wrongType(node, "a list is needed", path) }
            for (index, child) in elements.enumerated() { check(child, element, path: path + ["\(index)"], place: child.origin) }
        case .map(let rule, let value, let minimum):
            guard case .map(let entries) = node.kind else { return wrongType(node, "a map is needed", path) }
            if entries.count < minimum { problems.add("108", path, at: place, "at least \(minimum) is needed here") }
            for entry in entries {
                if let rule, !rule.accepts(entry.key) {
                    problems.add(
                        "106", path + [entry.key], at: entry.origin,
                        "'\(entry.key.prefix(80))' is not a valid name: \(rule.words)")
                }
                check(entry.value, value, path: path + [entry.key], place: entry.origin)
            }
        case .object(let object): checkObject(node, object, path, place)
        }
    }

    private mutating func checkString(_ node: ScoreNode, _ rule: StringRule?, _ path: [String]) {
        guard let text = node.string else { return wrongType(node, "a string is needed", path) }
        guard let rule, !rule.accepts(text) else { return }
        problems.add("105", path, at: node.origin, "'\(text.prefix(80))' is not valid: \(rule.words)")
    }

    private mutating func checkInteger(_ node: ScoreNode, _ range: ClosedRange<Int>, _ path: [String]) {
        guard case .scalar(let value) = node.kind, let number = value.int else {
            return wrongType(node, "a whole number is needed", path)
        }
        if !range.contains(number) {
            problems.add("105", path, at: node.origin, "\(number) is not from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    private mutating func checkChoice(_ node: ScoreNode, _ values: [String], _ path: [String]) {
        guard let text = node.string else { return wrongType(node, "one of \(values.joined(separator: ", ")) is needed", path) }
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

    private mutating func checkObject(_ node: ScoreNode, _ object: ObjectShape, _ path: [String], _ place: ScoreOrigin) {
        guard case .map(let entries) = node.kind else { return wrongType(node, "a map is needed", path) }
        let present = Set(entries.map(\.key))
        // What is absent is the likelier meaning of a misspelt key.
        let absent = object.names.filter { !present.contains($0) }
        var meant: Set<String> = []
        for entry in entries {
            if let shape = object.shape(of: entry.key) {
                check(entry.value, shape, path: path + [entry.key], place: entry.origin)
            } else if let name = unknown(entry, object, absent.filter { !meant.contains($0) }, path) {
                meant.insert(name)
            }
        }
        for name in object.required where !present.contains(name) && !meant.contains(name) {
            problems.add("103", path, at: place, "the key '\(name)' is missing", suggestion: name)
        }
        switch object.choice {
        case .exactlyOne(let names)? where names.filter({ present.contains($0) || meant.contains($0) }).count != 1:
            problems.add("107", path, at: place, "exactly one of \(names.joined(separator: ", ")) is needed")
        case .atLeastOne(let names)? where !names.contains(where: { present.contains($0) || meant.contains($0) }):
            problems.add("107", path, at: place, "at least one of \(names.joined(separator: ", ")) is needed")
        default: break
        }
    }

    /// Answers the key that was probably meant.
    private mutating func unknown(_ entry: ScoreNode.Entry, _ object: ObjectShape, _ absent: [String], _ path: [String])
        -> String?
    {
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

    /// The value itself is not shown: it may be a secret.
    private mutating func wrongType(_ node: ScoreNode, _ needed: String, _ path: [String]) {
        let found: String
        switch node.kind {
        case .map: found = "a map"
        case .list: found = "a list"
        case .scalar(.null): found = "empty"
        case .scalar(.string): found = "a string"
        case .scalar(.bool): found = "true or false"
        case .scalar: found = "a number"
        }
        var message = "\(needed), and this is \(found)"
        if case .scalar(let value) = node.kind, needed.hasPrefix("a string"), value.bool != nil || value.double != nil {
            message += "; put it in quotes"
        }
        problems.add("104", path, at: node.origin, message)
    }
}
