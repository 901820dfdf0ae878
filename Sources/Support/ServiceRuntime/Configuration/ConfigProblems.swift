import PlatformModel
import YAML

/// The problems found while one file is read.
final class ConfigProblems {
    let file: String
    private(set) var problems: [Problem] = []

    init(file: String) { self.file = file }

    func add(_ code: String, at mark: YAMLMark, path: String, _ message: String, suggestion: String? = nil) {
        problems.append(
            Problem(
                code: code, file: file, line: mark.line, column: mark.column, path: path, message: message, suggestion: suggestion
            ))
    }
}
