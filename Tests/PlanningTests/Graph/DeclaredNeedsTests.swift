import Planning
import PlatformModel
import Testing

/// A workload comes after all that it declares, except what comes after the workload.
struct DeclaredNeedsTests {
    private func needs(_ set: DeploymentSet, _ definitions: [ResourceDefinition]) throws -> [String: [String]] {
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions)
        return Dictionary(
            uniqueKeysWithValues: graph.nodes.map { ($0.identity.description, $0.dependsOn.map(\.description)) })
    }

    private let web = "workload.default#modules.web"

    @Test func whatIsReferredToNowhereStandsBeforeItsWorkload() throws {
        let set = DeploymentSet(modules: [
            "web": Samples.workload(externals: [
                "queue": ResourceRequest(type: "amqp"), "main": ResourceRequest(type: "amqp", id: "main"),
                "again": ResourceRequest(type: "amqp", id: "main"),
            ]), "api": Samples.workload(externals: ["main": ResourceRequest(type: "amqp", id: "main")]),
            "idle": Samples.workload(),
        ])
        let needs = try needs(set, [Samples.definition("amqp", "amqp")])
        #expect(needs[web] == ["amqp.default#modules.web.externals.queue", "amqp.default#shared.main"])
        #expect(needs["workload.default#modules.api"] == ["amqp.default#shared.main"])
        #expect(needs["workload.default#modules.idle"] == [])
    }

    /// What is declared counts as what is referred to does: for selectors, and for what comes with a resource for its dependents.
    @Test func selectorsAndCompanionsSeeIt() throws {
        let set = DeploymentSet(modules: ["web": Samples.workload(externals: ["files": ResourceRequest(type: "s3")])])
        let definitions = [
            Samples.definition(
                "w", "workload",
                values: ["arns": "${resources['workload>aws-policy'].outputs.arn}", "b": "${resources.role.guresid}"]),
            Samples.definition(
                "role", "role", values: ["buckets": "${resources['workload>s3'].outputs.name}"]),
            Samples.definition("s3", "s3", provision: ["aws-policy": CoProvision(matchDependents: true)]),
            Samples.definition("p", "aws-policy"),
        ]
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions)
        let node = try #require(graph.nodes.first { $0.identity.description == web })
        #expect(node.selections.values.flatMap { $0 }.map(\.type) == ["aws-policy"])
        #expect(node.dependsOn.map(\.type) == ["aws-policy", "role", "s3"])
        let role = try #require(graph.nodes.first { $0.identity.type == "role" })
        #expect(role.dependsOn.map(\.type) == ["s3"])
    }

    /// By a reference, at a distance, by a companion, and in a circle of two workloads.
    @Test(arguments: [
        ["front": Samples.definition("front", "front", values: ["w": "${resources['workload#modules.web'].guresid}"])],
        [
            "front": Samples.definition("front", "front", values: ["w": "${resources.middle.guresid}"]),
            "middle": Samples.definition("middle", "middle", values: ["w": "${resources['workload#modules.web'].guresid}"]),
        ],
        [
            "front": Samples.definition("front", "front", provision: ["middle": CoProvision(matchDependents: true)]),
            "middle": Samples.definition("middle", "middle", values: ["w": "${resources['workload#modules.web'].guresid}"]),
        ],
    ])
    func whatNeedsTheWorkloadComesAfterIt(_ definitions: [String: ResourceDefinition]) throws {
        let set = DeploymentSet(modules: ["web": Samples.workload(externals: ["front": ResourceRequest(type: "front")])])
        #expect(try needs(set, Array(definitions.values))[web] == [])
    }

    @Test func twoWorkloadsThatWouldWaitForEachOtherDoNot() throws {
        func workload(_ other: String) -> Workload {
            Samples.workload(externals: ["hook": ResourceRequest(type: "hook", params: ["of": .string(other)])])
        }
        let set = DeploymentSet(modules: ["a": workload("b"), "b": workload("a")])
        func hook(_ owner: String, _ other: String) -> ResourceDefinition {
            Samples.definition(
                "hook-\(owner)", "hook", values: ["w": .string("${resources['workload#modules.\(other)'].guresid}")],
                criteria: [MatchingCriteria(id: "1", resID: "modules.\(owner).externals.hook")])
        }
        let needs = try needs(set, [hook("a", "b"), hook("b", "a")])
        #expect(needs["workload.default#modules.a"] == ["hook.default#modules.a.externals.hook"])
        #expect(needs["hook.default#modules.a.externals.hook"] == ["workload.default#modules.b"])
        #expect(needs["workload.default#modules.b"] == [])
    }

    /// `dns` gathers the workloads that depend on `x`; the one that declares `dns` is among them.
    @Test func aSelectorThatFindsTheWorkloadGoesFirst() throws {
        let set = DeploymentSet(modules: [
            "web": Samples.workload(
                variables: ["A": "${externals.x.name}"],
                externals: ["dns": ResourceRequest(type: "dns"), "x": ResourceRequest(type: "x")])
        ])
        let definitions = [
            Samples.definition("dns", "dns", values: ["w": "${resources['x#modules.web.externals.x<workload'].guresid}"]),
            Samples.definition("x", "x", values: ["name": "n"]),
        ]
        let needs = try needs(set, definitions)
        #expect(needs[web] == ["x.default#modules.web.externals.x"])
        #expect(needs["dns.default#modules.web.externals.dns"] == [web])
    }
}
