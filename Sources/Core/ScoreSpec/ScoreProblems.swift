import PlatformModel
import YAML

/// Everything that is wrong with Score files, overrides and extensions: never empty, sorted by place.
///
/// Codes: `SCORE-101` not a Score document, `102` unknown key, `103` missing key, `104` wrong type, `105` value not allowed, `106` name
/// not allowed, `107` one of several keys needed, `108` nothing in it, `109` older dialect, `201` placeholder not well formed, `202`
/// placeholder of an unknown root, `203` unknown resource, `204` unknown metadata, `205` `before`, `206` image missing, `207` file,
/// `208` base64, `209` override, `210` extension, `211` workloads that do not go together, `212` parameter, `213` deploy config, `214`
/// annotation, `215` metadata repeated too often; `YAML-...` where the text is not YAML.
package struct ScoreProblems: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]

    package init(_ problems: [Problem]) {
        self.problems = problems.sorted {
            ($0.file ?? "", $0.line ?? 0, $0.column ?? 0, $0.code, $0.path) < (
                $1.file ?? "", $1.line ?? 0, $1.column ?? 0, $1.code, $1.path
            )
        }
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects problems, at most 200 of them: more would bury the first.
struct ProblemList {
    private(set) var problems: [Problem] = []

    mutating func add(
        _ code: String, _ path: [String], at origin: ScoreOrigin, _ message: @autoclosure () -> String,
        suggestion: @autoclosure () -> String? = nil
    ) {
        // What is costly is only looked for when it will be told.
        guard problems.count < 200 else { return }
        problems.append(
            Problem(
                code: "SCORE-\(code)", file: origin.file, line: origin.mark?.line, column: origin.mark?.column,
                path: path.map { $0.utf8.count > 400 ? $0.prefix(100) + "..." : $0 }.joined(separator: "."), message: message(),
                suggestion: suggestion()))
    }

    mutating func add(_ more: [Problem]) { problems += more.prefix(max(0, 200 - problems.count)) }

    var isEmpty: Bool { problems.isEmpty }
}
