import PlatformModel
import YAML

extension FuzzTarget {
    /// What is read can be written, and is the same when it is read again.
    static let yaml = FuzzTarget(name: "yaml") { bytes throws(BrokenPromise) in
        guard let documents = try? YAMLDocument.parseAll(bytes, file: "a.yaml") else { return }
        let values = documents.map { withoutNaN($0.json) }
        let text = YAMLWriter().text(of: values)
        let read = Result { () throws(YAMLError) in try YAMLDocument.parseAll(Array(text.utf8), file: "b.yaml").map(\.json) }
        switch read {
        case .success(let again):
            try BrokenPromise.unless(again == values, "written and read again it is another value:\n\(text)")
        case .failure(let error):
            // Aliases are unfolded when they are written, so only the bounds may refuse it.
            let isBound = error.problems.allSatisfy { ["YAML-103", "YAML-104", "YAML-105"].contains($0.code) }
            try BrokenPromise.unless(isBound, "what was written cannot be read: \(error)\n\(text)")
        }
    }

    /// A NaN is not equal to itself.
    private static func withoutNaN(_ value: JSON) -> JSON {
        switch value {
        case .double(let number) where number.isNaN: .null
        case .array(let elements): .array(elements.map(withoutNaN))
        case .object(let members): .object(members.mapValues(withoutNaN))
        default: value
        }
    }
}
