import PlatformModel
import YAML

/// Collects what the Score files will not hold. At most 1,000 notes: more would bury the first.
struct ImportLog {
    private var found: [Problem] = []
    private var known: Set<Problem> = []

    /// In the order of the files' names and lines; what a merge or `extends` brings to several places is told once.
    var notes: [Problem] {
        found.enumerated().sorted {
            ($0.element.file ?? "", $0.element.line ?? 0, $0.element.column ?? 0, $0.offset)
                < ($1.element.file ?? "", $1.element.line ?? 0, $1.element.column ?? 0, $1.offset)
        }.map(\.element)
    }

    private mutating func add(_ code: String, _ node: SourceNode, _ message: String, suggestion: String? = nil) {
        guard found.count < 1000 else { return }
        var note = Problem(
            code: code, file: node.file, line: node.mark.line, column: node.mark.column, path: "", message: message,
            suggestion: suggestion)
        guard known.insert(note).inserted else { return }
        note.path = node.path.joined(separator: ".")
        found.append(note)
    }

    /// A value that its format does not allow, left out.
    mutating func wrong(_ node: SourceNode, _ message: String) { add("IMPORT-102", node, message) }

    /// Score has nothing for it.
    mutating func dropped(_ node: SourceNode, _ message: String) { add("IMPORT-201", node, message) }

    /// It is there, but not as it was.
    mutating func changed(_ node: SourceNode, _ message: String) { add("IMPORT-202", node, message) }

    /// Someone has to give it to the application or its environments.
    mutating func needed(_ node: SourceNode, _ message: String) { add("IMPORT-203", node, message) }

    /// A key that the format itself does not have.
    mutating func unknown(_ node: SourceNode, among known: some Collection<String>) {
        let key = node.path.last ?? ""
        add("IMPORT-201", node, "this key is not known, and was left out", suggestion: nearestName(to: key, among: known))
    }
}
