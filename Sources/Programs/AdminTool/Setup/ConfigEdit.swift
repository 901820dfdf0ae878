/// Values in a YAML file of ours that change while its remarks stay: block mappings, two spaces a level, as the files are installed.
enum ConfigEdit {
    /// Sets a scalar, or a list of them, at a path; a key that is not there comes first in its section.
    /// - Returns: nil where a section of the path is not there.
    static func set(_ path: [String], to values: [String], isList: Bool = false, in text: String) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var range = 0..<lines.count
        for (depth, section) in path.dropLast().enumerated() {
            guard let index = index(of: section, depth: depth, in: lines, range) else { return nil }
            range = (index + 1)..<end(of: depth, after: index, in: lines, range)
        }
        guard let key = path.last else { return nil }
        let depth = path.count - 1, indent = String(repeating: "  ", count: depth)
        let value = isList ? "[\(values.map(quoted).joined(separator: ", "))]" : values.first.map(quoted) ?? "\"\""
        let line = "\(indent)\(key): \(value)"
        if let index = index(of: key, depth: depth, in: lines, range) {
            // With what belongs to it: items of a list, a mapping.
            lines.replaceSubrange(index..<valueEnd(of: depth, after: index, in: lines, range), with: [line])
        } else {
            lines.insert(line, at: range.lowerBound)
        }
        return lines.joined(separator: "\n")
    }

    private static func indent(_ line: String) -> Int { line.prefix { $0 == " " }.count }
    private static func isContent(_ line: String) -> Bool {
        let text = line.drop { $0 == " " }
        return !text.isEmpty && !text.hasPrefix("#")
    }

    private static func index(of key: String, depth: Int, in lines: [String], _ range: Range<Int>) -> Int? {
        range.first {
            isContent(lines[$0]) && indent(lines[$0]) == 2 * depth && lines[$0].dropFirst(2 * depth).hasPrefix("\(key):")
        }
    }

    /// The first line with content that is not deeper.
    private static func end(of depth: Int, after index: Int, in lines: [String], _ range: Range<Int>) -> Int {
        ((index + 1)..<range.upperBound).first { isContent(lines[$0]) && indent(lines[$0]) <= 2 * depth } ?? range.upperBound
    }

    /// Behind the last line of the value; remarks after it belong to what follows.
    private static func valueEnd(of depth: Int, after index: Int, in lines: [String], _ range: Range<Int>) -> Int {
        let end = end(of: depth, after: index, in: lines, range)
        let last = (index..<end).last { isContent(lines[$0]) } ?? index
        return last + 1
    }

    /// As every YAML reads it, whatever is in it.
    private static func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }
}
