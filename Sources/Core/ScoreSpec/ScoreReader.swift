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
    package var source: (@Sendable (_ path: String) -> [UInt8]?)?
    /// Nothing may be left open: every image and every file's content is needed.
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
    /// `file` is the name that problems carry.
    package static func read(
        _ bytes: [UInt8], file: String, options: ScoreOptions = ScoreOptions()
    ) throws(ScoreProblems) -> ScoreFile {
        var root = try parse(bytes, file: file)
        var problems = ProblemList()
        if let overrides = options.overrides { root.merge(try parse(overrides.bytes, file: overrides.file)) }
        for property in options.properties {
            if let problem = root.set(property) { problems.add([problem]) }
        }
        ScoreUpgrade.upgrade(&root, &problems)

        var validator = ShapeValidator()
        validator.check(root, ScoreSchema.root, path: [], place: root.origin)
        problems.add(validator.problems.problems)
        setImages(&root, options, &problems)
        readSources(&root, options, &problems)
        ScoreChecks.check(root, &problems)
        guard problems.isEmpty else { throw ScoreProblems(problems.problems) }

        do throws(JSONError) {
            let document = try root.json.decode(ScoreDocument.self)
            let origins = (root["resources"]?.entries ?? []).map { ($0.key, $0.origin) }
            return ScoreFile(
                file: file, document: document, warnings: validator.warnings.problems,
                resourceOrigins: Dictionary(origins, uniquingKeysWith: { first, _ in first }))
        } catch {
            throw ScoreProblems([Problem(code: "SCORE-101", file: file, path: "", message: error.message)])
        }
    }

    static func parse(_ bytes: [UInt8], file: String) throws(ScoreProblems) -> ScoreNode {
        let node: YAMLNode
        do throws(YAMLError) { node = try YAMLDocument.parse(bytes, file: file) } catch { throw ScoreProblems(error.problems) }
        guard case .mapping = node.kind else {
            throw ScoreProblems([
                Problem(
                    code: "SCORE-101", file: file, line: node.mark.line, column: node.mark.column, path: "",
                    message: "a map is needed, beginning with 'apiVersion', and this is a \(node.kindName)")
            ])
        }
        return ScoreNode(node, file: file)
    }

    private static func setImages(_ root: inout ScoreNode, _ options: ScoreOptions, _ problems: inout ProblemList) {
        guard var containers = root["containers"] else { return }
        containers.mapValues { container, name in
            guard let image = container["image"], image.string == "." else { return }
            if let given = options.image {
                container["image"] = ScoreNode(.scalar(.string(given)), origin: image.origin)
            } else if options.isComplete {
                problems.add(
                    "206", ["containers", name, "image"], at: image.origin,
                    "the image is to be given at deploy time ('.'): give it with --image")
            }
        }
        root["containers"] = containers
    }

    /// Replaces `source` by the content it names.
    private static func readSources(_ root: inout ScoreNode, _ options: ScoreOptions, _ problems: inout ProblemList) {
        guard var containers = root["containers"], options.source != nil || options.isComplete else { return }
        containers.mapValues { container, name in
            guard var files = container["files"] else { return }
            files.mapValues { file, target in
                guard let source = file["source"], let path = source.string else { return }
                let place = ["containers", name, "files", target, "source"]
                guard let bytes = options.source?(path) else {
                    problems.add("207", place, at: source.origin, "the file '\(path.prefix(200))' cannot be read")
                    return
                }
                // A Kubernetes ConfigMap or Secret holds no more.
                guard bytes.count <= 1 << 20 else {
                    problems.add("207", place, at: source.origin, "the file '\(path.prefix(200))' has more than 1 MiB")
                    return
                }
                if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
                    file["content"] = ScoreNode(.scalar(.string(text)), origin: source.origin)
                } else if file["noExpand"]?.json.bool == true {
                    file["binaryContent"] = ScoreNode(.scalar(.string(Base64.encode(bytes))), origin: source.origin)
                } else {
                    problems.add(
                        "207", place, at: source.origin,
                        "the file '\(path.prefix(200))' is no UTF-8 text, so placeholders cannot be expanded in it; set noExpand: true"
                    )
                    return
                }
                file["source"] = nil
            }
            container["files"] = files
        }
        root["containers"] = containers
    }
}
