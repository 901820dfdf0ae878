import PlatformModel

/// What was found wrong so far, in one reading.
final class ProblemList {
    private(set) var problems: [Problem] = []

    func add(_ code: String, _ path: String, _ message: String, suggestion: String? = nil) {
        problems.append(Problem(code: code, path: path, message: message, suggestion: suggestion))
    }
}

/// An object that is being read. It remembers what was asked for, so that `finish` can name what was not.
final class ObjectFields {
    let path: String
    let problems: ProblemList
    private let members: [String: JSON]
    private var asked: Set<String> = []

    init(_ members: [String: JSON], path: String, problems: ProblemList) {
        self.members = members
        self.path = path
        self.problems = problems
    }

    func value(_ key: String) -> JSON? {
        asked.insert(key)
        guard let value = members[key], !value.isNull else { return nil }
        return value
    }

    func refuse(_ key: String, _ message: String, suggestion: String? = nil) {
        problems.add("DEP-103", "\(path).\(key)", message, suggestion: suggestion)
    }

    private func typed<Value>(_ key: String, _ word: String, _ read: (JSON) -> Value?) -> Value? {
        guard let value = value(key) else { return nil }
        if let read = read(value) { return read }
        refuse(key, "\(word) is needed, not \(value.kind == "object" || value.kind == "array" ? "an" : "a") \(value.kind)")
        return nil
    }

    func string(_ key: String) -> String? { typed(key, "a string", \.string) }
    func bool(_ key: String) -> Bool? { typed(key, "true or false", \.bool) }

    func required(_ key: String) -> String? {
        if let text = string(key), !text.isEmpty { return text }
        if value(key) == nil || value(key)?.string == "" { problems.add("DEP-104", "\(path).\(key)", "missing") }
        return nil
    }

    func int(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let number = typed(key, "a whole number", \.int) else { return nil }
        if range.contains(number) { return number }
        refuse(key, "\(number) is not between \(range.lowerBound) and \(range.upperBound)")
        return nil
    }

    func strings(_ key: String) -> [String]? {
        typed(key, "a list of strings") { value in
            guard let elements = value.array else { return nil }
            let texts = elements.compactMap(\.string)
            return texts.count == elements.count ? texts : nil
        }
    }

    func object(_ key: String) -> ObjectFields? {
        typed(key, "an object", \.object).map { ObjectFields($0, path: "\(path).\(key)", problems: problems) }
    }

    func objects(_ key: String) -> [ObjectFields] {
        let elements = typed(key, "a list", \.array) ?? []
        return elements.enumerated().compactMap { index, element in
            let place = "\(path).\(key)[\(index)]"
            if let members = element.object { return ObjectFields(members, path: place, problems: problems) }
            problems.add("DEP-103", place, "an object is needed, not a \(element.kind)")
            return nil
        }
    }

    /// The members of an object of strings.
    func texts(_ key: String) -> [String: String] {
        guard let members = typed(key, "an object", \.object) else { return [:] }
        var texts: [String: String] = [:]
        for (name, value) in members {
            if let text = value.string { texts[name] = text } else { refuse("\(key).\(name)", "a string is needed") }
        }
        return texts
    }

    /// Accepted without effect: what only has a meaning for a cluster, and takes nothing from the workload when it is left out.
    func accept(_ keys: String...) { asked.formUnion(keys) }

    /// Only this value is what the target does anyway.
    func expect(_ key: String, _ allowed: String...) {
        guard let text = string(key), !allowed.contains(text) else { return }
        refuse(key, "'\(text)' is not done by this target", suggestion: nearestName(to: text, among: allowed) ?? allowed.first)
    }

    /// Refuses every field that nobody asked for.
    func finish() {
        for key in members.keys.sorted() where !asked.contains(key) {
            problems.add(
                "DEP-102", "\(path).\(key)", "this target does not do this field",
                suggestion: nearestName(to: key, among: asked.sorted()))
        }
    }
}
