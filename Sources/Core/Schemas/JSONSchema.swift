import PlatformModel

/// A JSON Schema that an organisation wrote for inputs: the keywords of draft 7 and 2020-12 that bound a value (type, enum, const,
/// members, elements, lengths, numbers, patterns, combinations, local references). What only describes (`title`, `format`, ...) is
/// ignored, as the specification says.
///
/// Patterns run in time linear in the text, so that nobody's schema holds up a room.
package struct JSONSchema: Sendable {
    let root: JSON

    /// Levels of a schema or of a value that is looked at.
    static let deepest = 64
    /// Problems that are told of one document.
    static let mostProblems = 50
    /// The same, for who collects them of several.
    package static let mostTold = mostProblems

    /// - Throws: `SchemaError` with everything that is wrong with the schema; an empty object accepts every value.
    package init(_ document: JSON) throws(SchemaError) {
        var check = SchemaCheck(root: document)
        check.check(document, at: "", depth: 0)
        if !check.problems.isEmpty { throw SchemaError(problems: check.problems) }
        root = document
    }

    /// Where a value differs from what is wanted, and how; never the value itself, which may be secret.
    ///
    /// - Parameters:
    ///   - path: Put before each place.
    ///   - isOpen: Whether a text stands for a value that is not known yet, such as one with a placeholder: it fits everywhere.
    package func violations(
        of value: JSON, at path: String = "", where isOpen: (String) -> Bool = { _ in false }
    ) -> [SchemaViolation] {
        withoutActuallyEscaping(isOpen) { isOpen in
            var validation = SchemaValidation(schema: self, isOpen: isOpen)
            return Array(validation.violations(of: value, by: root, at: path, depth: 0).prefix(Self.mostProblems))
        }
    }

    /// The schema that a local reference names: `#`, or `#/definitions/x` and the like.
    func target(of reference: String) -> JSON? { Self.target(of: reference, in: root) }

    static func target(of reference: String, in root: JSON) -> JSON? {
        if reference == "#" { return root }
        guard reference.hasPrefix("#/") else { return nil }
        var place: JSON? = root
        for part in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let name = (PercentEncoding.decode(part) ?? "").replacing("~1", with: "/").replacing("~0", with: "~")
            place = place?[name] ?? Int(name).flatMap { place?[$0] }
        }
        return place
    }
}

/// One place of a value that its schema does not accept.
package struct SchemaViolation: Sendable, Hashable {
    /// `values.size`, `values.tags[2]`.
    package let path: String
    /// `a number is needed, not string`.
    package let message: String
    /// The nearest known name, for a name that is none.
    package let suggestion: String?

    init(_ path: String, _ message: String, _ suggestion: String? = nil) {
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }
}

/// A document that is no schema.
package struct SchemaError: Error, Sendable, CustomStringConvertible {
    /// With the place in the schema: `properties.size.type`.
    package let problems: [SchemaViolation]

    package var description: String {
        problems.map { $0.path.isEmpty ? $0.message : "\($0.path): \($0.message)" }.joined(separator: "\n")
    }
}
