import PlatformModel

/// A Score extension file (`humanitec.score.yaml`): what a workload needs that Score cannot say.
package struct ScoreExtension: Sendable {
    package var profile: String?
    /// Merged over the spec that the Score file gives. A key that begins with `/` is a JSON pointer into the spec, one with dots in it
    /// a path of keys (`containers.main.resources`, `$.pod.labels`).
    package var spec: JSON { node["spec"]?.json ?? [:] }
    package var deploy: DeployCondition?
    /// The resources of the Score file that are shared under their own names, although they have no `id`.
    var shared: Set<String>
    let node: ScoreNode

    private static let schema = Shape.object(
        ObjectShape(
            fields: [
                ("apiVersion", .choice(["humanitec.org/v1b1"])), ("profile", .string(.notEmpty)),
                ("spec", .object(ObjectShape(fields: [], isOpen: true))),
                (
                    "resources",
                    .map(
                        key: nil, value: .object(ObjectShape(fields: [("scope", .choice(["external", "externals", "shared"]))])))
                ),
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
            hints: [
                "containers": "what goes over the workload's containers stands under 'spec'",
                "service": "what goes over the workload's service stands under 'spec'; a route is a resource of the Score file",
            ]))

    package static func read(_ bytes: [UInt8], file: String) throws(ScoreProblems) -> ScoreExtension {
        var problems = ProblemList()
        let node = try ScoreReader.parse(bytes, file: file, as: schema, &problems)
        guard problems.isEmpty else { throw ScoreProblems(problems.problems) }
        let deploy = node["deploy"].map {
            DeployCondition(
                when: $0["when"]?.string, success: $0["success"]?.string, timeout: $0["timeout"]?.json.int)
        }
        let shared = (node["resources"]?.entries ?? []).filter { $0.value["scope"]?.string == "shared" }.map(\.key)
        return ScoreExtension(profile: node["profile"]?.string, deploy: deploy, shared: Set(shared), node: node)
    }
}
