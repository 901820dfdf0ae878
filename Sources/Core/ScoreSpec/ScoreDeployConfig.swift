import PlatformModel
import YAML

/// A `ScoreDeployConfig` file: the workloads of one deployment, each with its Score file and what is applied to it.
package struct ScoreDeployConfig: Sendable {
    /// Paths are as written: seen from the folder of the config file.
    package struct Workload: Sendable {
        /// Must be the name in the Score file's metadata.
        package var name: String
        package var specFile: String
        package var extensionsFile: String?
        package var overridesFile: String?
        /// For containers whose image is `.`; before the one that is given for the whole deployment.
        package var image: String?
        private let nameOrigin: ScoreOrigin
        private let path: String

        init(_ node: ScoreNode, index: Int) {
            name = node["name"]?.string ?? ""
            specFile = node["specFile"]?.string ?? ""
            extensionsFile = node["extensionsFile"]?.string
            overridesFile = node["overridesFile"]?.string
            image = node["image"]?.string
            nameOrigin = node["name"]?.origin ?? node.origin
            path = "workloads.\(index).name"
        }

        /// What is wrong with this Score file as the one of this workload, if anything.
        package func problem(with score: ScoreFile) -> Problem? {
            guard score.name != name else { return nil }
            return Problem(
                code: "SCORE-213", file: nameOrigin.file, line: nameOrigin.mark?.line, column: nameOrigin.mark?.column,
                path: path,
                message: "the Score file '\(score.file)' describes the workload '\(score.name)'", suggestion: score.name)
        }
    }

    package var workloads: [Workload]

    private static let workload = Shape.object(
        ObjectShape(
            fields: [
                ("name", .string(.label)), ("specFile", .string(.notEmpty)), ("extensionsFile", .string(.notEmpty)),
                ("overridesFile", .string(.notEmpty)), ("image", .string(.notEmpty)),
            ],
            required: ["name", "specFile"]))

    private static let schema = Shape.object(
        ObjectShape(
            fields: [
                ("apiVersion", .choice(["config.humanitec.io/v1b1"])), ("kind", .choice(["ScoreDeployConfig"])),
                ("workloads", .list(workload)),
            ],
            required: ["apiVersion", "kind", "workloads"]))

    /// `file` is the name that problems carry.
    package static func read(_ bytes: [UInt8], file: String) throws(ScoreProblems) -> ScoreDeployConfig {
        var problems = ProblemList()
        let node = try ScoreReader.parse(bytes, file: file, as: schema, &problems)
        let list = node["workloads"]
        if let list, list.elements.isEmpty, problems.isEmpty {
            problems.add("108", ["workloads"], at: list.origin, "at least 1 is needed here")
        }
        var names: Set<String> = []
        for (index, element) in (list?.elements ?? []).enumerated() {
            guard let name = element["name"], let text = name.string, !names.insert(text).inserted else { continue }
            problems.add(
                "213", ["workloads", "\(index)", "name"], at: name.origin,
                "'\(text.prefix(80))' is the name of an earlier workload too")
        }
        guard problems.isEmpty else { throw ScoreProblems(problems.problems) }
        return ScoreDeployConfig(workloads: (list?.elements ?? []).enumerated().map { Workload($0.element, index: $0.offset) })
    }
}
