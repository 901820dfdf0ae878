import PlatformModel
import YAML

/// What is applied to a Score file while it is read, in this order.
package struct ScoreOptions: Sendable {
    package struct Text: Sendable {
        package var bytes: [UInt8]
        package var file: String

        package init(_ bytes: [UInt8], file: String) {
            self.bytes = bytes
            self.file = file
        }
    }

    /// An overrides file, merged deeply into the Score file.
    package var overrides: Text?
    package var properties: [ScoreProperty]
    /// For containers whose image is `.`.
    package var image: String?
    /// Reads the `source` of a container's file, a path as written; nil when there is none. Without it `source` is only checked for form.
    /// It is not asked for a path that leaves the Score file's folder.
    package var source: (@Sendable (_ path: String) -> [UInt8]?)?
    /// Nothing may be left open: every image and every file's content is needed, and what would fail later (base64 that is none, a
    /// misspelt parameter of a built-in type) is a problem. Otherwise that is a warning, and the verdict is that of the schema and of
    /// score-go's checks.
    package var isComplete: Bool

    package init(
        overrides: Text? = nil, properties: [ScoreProperty] = [], image: String? = nil,
        source: (@Sendable (_ path: String) -> [UInt8]?)? = nil, isComplete: Bool = false
    ) {
        self.overrides = overrides
        self.properties = properties
        self.image = image
        self.source = source
        self.isComplete = isComplete
    }
}

/// Reads Score v1b1: the verdict of the schema and of score-go's own checks, with all problems at once and each at its place.
package enum ScoreReader {
    /// More are no longer what a person gave: each costs a walk through the document.
    private static let mostProperties = 1000

    /// `file` is the name that problems carry.
    package static func read(
        _ bytes: [UInt8], file: String, options: ScoreOptions = ScoreOptions()
    ) throws(ScoreProblems) -> ScoreFile {
        var problems = ProblemList(), warnings = ProblemList()
        var root = try present(bytes, file: file, options, &problems, &warnings)

        var validator = ShapeValidator()
        validator.check(root, ScoreSchema.root, place: root.origin)
        problems.add(validator.problems.problems)
        warnings.add(validator.warnings.problems)

        var completion = ScoreCompletion(options)
        completion.complete(&root)
        var checks = ScoreChecks(root: root, problems: problems)
        checks.check(root)
        problems = checks.problems
        let doubts = completion.doubts.problems + checks.doubts.problems
        if options.isComplete { problems.add(doubts) } else { warnings.add(doubts) }
        warnings.add(completion.warnings.problems)
        guard problems.isEmpty else { throw ScoreProblems(problems.problems) }

        let origins = (root["resources"]?.entries ?? []).map { ($0.key, $0.origin) }
        return ScoreFile(
            file: file, document: root.document, warnings: warnings.problems,
            readAgain: {
                var problems = ProblemList(), warnings = ProblemList(), completion = ScoreCompletion(options)
                guard var root = try? present(bytes, file: file, options, &problems, &warnings) else { return nil }
                completion.complete(&root)
                return root
            },
            resourceOrigins: Dictionary(origins, uniquingKeysWith: { first, _ in first }))
    }

    /// With what is applied to it, in the present form.
    private static func present(
        _ bytes: [UInt8], file: String, _ options: ScoreOptions, _ problems: inout ProblemList, _ warnings: inout ProblemList
    ) throws(ScoreProblems) -> ScoreNode {
        var root = try parse(bytes, file: file, &problems)
        override(&root, options, &problems)
        ScoreUpgrade.upgrade(&root, &problems, &warnings)
        return root
    }

    private static func override(_ root: inout ScoreNode, _ options: ScoreOptions, _ problems: inout ProblemList) {
        if let overrides = options.overrides {
            do throws(ScoreProblems) {
                root.merge(try parse(overrides.bytes, file: overrides.file, isPart: true, &problems))
            } catch {
                problems.add(error.problems)
            }
        }
        for property in options.properties.prefix(mostProperties) {
            if let problem = root.set(property) { problems.add([problem]) }
        }
        if options.properties.count > mostProperties {
            problems.add(
                "209", [], at: ScoreOrigin(file: "--property"),
                "there are more than \(mostProperties) properties; give them in an overrides file")
        }
    }

    /// A document of a shape; `problems` takes what is wrong with the text and with the shape.
    static func parse(
        _ bytes: [UInt8], file: String, as shape: Shape, _ problems: inout ProblemList
    ) throws(ScoreProblems) -> ScoreNode {
        let node = try parse(bytes, file: file, &problems)
        var validator = ShapeValidator()
        validator.check(node, shape, place: node.origin)
        problems.add(validator.problems.problems)
        return node
    }

    /// `problems` takes what is wrong with the text, but hides nothing of the document. A part of a document may have nothing in it.
    static func parse(
        _ bytes: [UInt8], file: String, isPart: Bool = false, _ problems: inout ProblemList
    ) throws(ScoreProblems) -> ScoreNode {
        let node: YAMLNode, found: [Problem]
        do throws(YAMLError) { (node, found) = try YAMLDocument.inspect(bytes, file: file) } catch {
            throw ScoreProblems(error.problems)
        }
        var isEmpty = false
        if case .scalar = node.kind { isEmpty = node.json.isNull }
        if isEmpty, isPart {
            problems.add(found)
            return ScoreNode(.map([]), origin: ScoreOrigin(file: file, mark: node.mark))
        }
        guard case .mapping = node.kind else {
            throw ScoreProblems(
                found + [
                    Problem(
                        code: "SCORE-101", file: file, line: node.mark.line, column: node.mark.column, path: "",
                        message: "a map is needed\(isPart ? "" : ", beginning with 'apiVersion',") and "
                            + (isEmpty ? "there is nothing here" : "this is a \(node.kindName)"))
                ])
        }
        problems.add(found)
        return ScoreNode(node, file: file)
    }
}
