import PlatformModel

/// What is wrong with a YAML text: never empty, in the order of the text.
///
/// Codes: `YAML-101` syntax, `102` encoding, `103` too large, `104` nested too deeply, `105` too many nodes, `106` duplicate key,
/// `107` tag, `108` alias, `109` number of documents, `110` merge key, `111` key that is not a scalar, `112` value that its tag does
/// not allow.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    init(_ code: Code, file: String, at mark: YAMLMark, _ message: String) {
        problems = [
            Problem(code: code.rawValue, file: file, line: mark.line, column: mark.column, path: "", message: message)
        ]
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }

    enum Code: String {
        case syntax = "YAML-101"
        case encoding = "YAML-102"
        case size = "YAML-103"
        case depth = "YAML-104"
        case nodes = "YAML-105"
        case duplicateKey = "YAML-106"
        case tag = "YAML-107"
        case alias = "YAML-108"
        case documents = "YAML-109"
        case merge = "YAML-110"
        case key = "YAML-111"
        case value = "YAML-112"
    }
}
