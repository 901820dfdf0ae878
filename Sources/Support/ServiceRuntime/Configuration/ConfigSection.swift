import PlatformModel
import YAML

/// A mapping of a configuration file, read key by key. What is never asked for is an unknown key.
///
/// A reading function returns its default (or an empty value) after a problem; the file is refused at the end.
package final class ConfigSection {
    private let entries: [(key: YAMLNode, value: YAMLNode)]
    private let mark: YAMLMark
    let path: String
    private let log: ConfigProblems
    /// Keys that were read, there or not.
    private(set) var asked: Set<String> = []
    private(set) var children: [ConfigSection] = []

    init(_ node: YAMLNode?, path: String, log: ConfigProblems, mark: YAMLMark? = nil) {
        self.path = path
        self.log = log
        self.mark = node?.mark ?? mark ?? YAMLMark(line: 1, column: 1)
        entries = node?.entries ?? []
        if let node, node.entries == nil, node.json != .null {
            log.add("CONF-104", at: node.mark, path: path, "a mapping is needed, this is a \(node.kindName)")
        }
    }

    /// Whether the file has the key.
    package func has(_ key: String) -> Bool { entry(key) != nil }

    /// A text that must be there and not be empty.
    package func string(_ key: String) -> String {
        guard let node = entry(key) else { return missing(key, "") }
        guard let text = text(of: node, key), !text.isEmpty else { return refuse(key, "a text that is not empty is needed", "") }
        return text
    }

    package func string(_ key: String, default fallback: String) -> String { entry(key) == nil ? fallback : string(key) }

    package func optionalString(_ key: String) -> String? { entry(key) == nil ? nil : string(key) }

    /// One of some words.
    package func choice(_ key: String, of choices: [String], default fallback: String) -> String {
        guard let node = entry(key) else { return fallback }
        guard choices.contains(node.text) else {
            let words = choices.joined(separator: ", ")
            return refuse(
                key, "'\(node.text)' is not one of \(words)", fallback, suggestion: nearestName(to: node.text, among: choices))
        }
        return node.text
    }

    package func int(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) -> Int {
        guard let node = entry(key) else { return fallback ?? missing(key, range.lowerBound) }
        guard case .int(let value) = node.json else {
            return mistyped(key, node, "a whole number is needed", range.lowerBound)
        }
        guard range.contains(Int(value)) else {
            return refuse(key, "\(value) is not in \(range.lowerBound) to \(range.upperBound)", range.lowerBound)
        }
        return Int(value)
    }

    package func bool(_ key: String, default fallback: Bool) -> Bool {
        guard let node = entry(key) else { return fallback }
        guard let value = node.json.bool else { return mistyped(key, node, "true or false is needed", fallback) }
        return value
    }

    /// A time in seconds, whole or with a fraction.
    package func seconds(_ key: String, in range: ClosedRange<Double>, default fallback: Double) -> Duration {
        guard let node = entry(key) else { return .seconds(fallback) }
        guard let value = node.json.double else {
            return mistyped(key, node, "a number of seconds is needed", .seconds(fallback))
        }
        guard range.contains(value) else {
            return refuse(key, "\(node.text) s is not in \(range.lowerBound) to \(range.upperBound) s", .seconds(fallback))
        }
        return .seconds(value)
    }

    /// A list of texts.
    package func strings(_ key: String, default fallback: [String] = []) -> [String] {
        guard let node = entry(key) else { return fallback }
        guard let elements = node.elements else { return mistyped(key, node, "a list is needed", fallback) }
        return elements.enumerated().compactMap { index, element in
            if case .scalar = element.kind, !element.text.isEmpty { return element.text }
            log.add(
                "CONF-104", at: element.mark, path: path(key) + "[\(index)]", "a text is needed, this is a \(element.kindName)")
            return nil
        }
    }

    /// A mapping of texts to texts, in the order of the file.
    package func stringMap(_ key: String) -> [(key: String, value: String)] {
        guard let node = entry(key) else { return [] }
        guard let entries = node.entries else { return mistyped(key, node, "a mapping is needed", []) }
        return entries.compactMap { name, value in
            if case .scalar = value.kind, !value.text.isEmpty { return (name.text, value.text) }
            log.add(
                "CONF-104", at: value.mark, path: path(key) + ".\(name.text)", "a text is needed, this is a \(value.kindName)")
            return nil
        }
    }

    /// A nested mapping; when the file has none, one without keys, so that its defaults are read.
    package func section(_ key: String) -> ConfigSection { child(entry(key), path: path(key)) }

    /// A nested mapping that may be left out.
    package func optionalSection(_ key: String) -> ConfigSection? { entry(key).map { child($0, path: path(key)) } }

    /// A list of mappings.
    package func sections(_ key: String) -> [ConfigSection] {
        guard let node = entry(key) else { return [] }
        guard let elements = node.elements else { return mistyped(key, node, "a list is needed", []) }
        return elements.enumerated().map { child($1, path: path(key) + "[\($0)]") }
    }

    /// A mapping of names to mappings, in the order of the file.
    package func namedSections(_ key: String) -> [(name: String, section: ConfigSection)] {
        guard let node = entry(key) else { return [] }
        guard let entries = node.entries else { return mistyped(key, node, "a mapping is needed", []) }
        return entries.map { ($0.key.text, child($0.value, path: path(key) + ".\($0.key.text)")) }
    }

    /// What is not read of it is another program's: that one tells unknown keys.
    package func leaveTheRest() { asked.formUnion(entries.map(\.key.text)) }

    /// Tells a problem of a key's value that only its reader can know.
    package func problem(_ key: String, _ message: String, code: String = "CONF-105", suggestion: String? = nil) {
        log.add(code, at: valueMark(key), path: path(key), message, suggestion: suggestion)
    }

    /// Tells the keys that nobody asked for.
    func finish() {
        for (key, _) in entries where !asked.contains(key.text) {
            log.add(
                "CONF-102", at: key.mark, path: path(key.text), "unknown key",
                suggestion: nearestName(to: key.text, among: asked.sorted()))
        }
        for child in children { child.finish() }
    }
}

extension ConfigSection {
    private func child(_ node: YAMLNode?, path: String) -> ConfigSection {
        let child = ConfigSection(node, path: path, log: log, mark: mark)
        children.append(child)
        return child
    }

    /// The value of a key; a null counts as absent, as an empty line after a key is one.
    private func entry(_ key: String) -> YAMLNode? {
        asked.insert(key)
        guard let node = entries.first(where: { $0.key.text == key })?.value, node.json != .null else { return nil }
        return node
    }

    /// A scalar as text, whatever it looks like: a user may be called `1000`.
    private func text(of node: YAMLNode, _ key: String) -> String? {
        if case .scalar = node.kind { node.text } else { nil }
    }

    private func path(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    private func valueMark(_ key: String) -> YAMLMark { entries.first { $0.key.text == key }?.value.mark ?? mark }

    private func missing<Value>(_ key: String, _ value: Value) -> Value {
        log.add("CONF-103", at: mark, path: path(key), "is needed")
        return value
    }

    private func mistyped<Value>(_ key: String, _ node: YAMLNode, _ needed: String, _ value: Value) -> Value {
        log.add("CONF-104", at: node.mark, path: path(key), "\(needed), this is a \(node.kindName)")
        return value
    }

    private func refuse<Value>(_ key: String, _ message: String, _ value: Value, suggestion: String? = nil) -> Value {
        problem(key, message, suggestion: suggestion)
        return value
    }
}
