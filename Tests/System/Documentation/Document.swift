import FoundationEssentials

/// A page of the documentation.
struct Document: Sendable {
    let text: String

    static let root: String = {
        var url = URL(filePath: #filePath)
        for _ in 0..<4 { url = url.deletingLastPathComponent() }
        return url.standardized.path
    }()

    /// - Parameter path: From the project's root.
    init(_ path: String) throws {
        text = String(decoding: try Data(contentsOf: URL(filePath: Self.root + "/" + path)), as: UTF8.self)
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The text below a heading, up to the next of its level or above.
    func section(_ heading: String) -> String {
        let level = heading.prefix { $0 == "#" }.count
        let rest = lines.drop { $0 != heading }.dropFirst()
        return rest.prefix { line in
            let marks = line.prefix { $0 == "#" }.count
            return marks == 0 || marks > level
        }.joined(separator: "\n")
    }

    /// The fenced blocks of a language, in order; of none: `""`.
    func blocks(_ wanted: String) -> [String] {
        var found: [String] = [], fence: Substring?, inside: [Substring] = []
        for line in lines {
            if let language = fence, line == "```" {
                if language == wanted { found.append(inside.joined(separator: "\n") + "\n") }
                fence = nil
            } else if fence != nil {
                inside.append(line)
            } else if line.hasPrefix("```") {
                fence = line.dropFirst(3)
                inside = []
            }
        }
        return found
    }
}
