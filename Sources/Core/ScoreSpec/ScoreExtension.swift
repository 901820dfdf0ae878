import PlatformModel

/// A Score extension file (`humanitec.score.yaml`): what a workload needs that Score cannot say.
package struct ScoreExtension: Sendable {
    package var profile: String?
    /// Merged over the spec that the Score file gives. A key that begins with `/` is a JSON pointer into the spec.
    package var spec: JSON { node["spec"]?.json ?? [:] }
    package var deploy: DeployCondition?
    let node: ScoreNode

    private static let schema = Shape.object(
        ObjectShape(
            fields: [
                ("apiVersion", .choice(["humanitec.org/v1b1"])), ("profile", .string(.notEmpty)),
                ("spec", .object(ObjectShape(fields: [], isOpen: true))),
                (
                    "deploy",
                    .object(
                        ObjectShape(fields: [
                            ("when", .choice(["before", "deploy", "after"])),
                            ("success", .choice(["deploy", "available", "complete"])),
                            ("timeout", .integer(1...86_400)),
                        ]))
                ),
            ],
            required: ["apiVersion"],
            hints: ["resources": "extensions no longer scope resources; give a shared resource an 'id' in the Score file"]))

    package static func read(_ bytes: [UInt8], file: String) throws(ScoreProblems) -> ScoreExtension {
        let node = try ScoreReader.parse(bytes, file: file)
        var validator = ShapeValidator()
        validator.check(node, schema, path: [], place: node.origin)
        guard validator.problems.isEmpty else { throw ScoreProblems(validator.problems.problems) }
        let deploy = node["deploy"].map {
            DeployCondition(
                when: $0["when"]?.string, success: $0["success"]?.string, timeout: $0["timeout"]?.json.int)
        }
        return ScoreExtension(profile: node["profile"]?.string, deploy: deploy, node: node)
    }
}
