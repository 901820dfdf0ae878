import Planning
import PlatformModel
import TestSupport
import Testing

struct GraphBuilderTests {
    private func lines(
        _ set: DeploymentSet, _ definitions: [ResourceDefinition], types: [ResourceType] = []
    ) throws -> [String] {
        Samples.lines(
            try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions, resourceTypes: types))
    }

    @Test func aWorkloadWithoutADefinitionPassesThrough() throws {
        let graph = try GraphBuilder.build(
            set: DeploymentSet(modules: ["web": Samples.workload()]), context: Samples.development, definitions: [])
        #expect(graph.nodes.map(\.isPassThrough) == [true])
        #expect(graph.nodes.first?.workload == "web")
        #expect(graph.nodes.first?.params == [:])
    }

    /// And from what a workload declares: `dns` and `route` are named nowhere.
    @Test func edgesComeFromPlaceholdersAndMounts() throws {
        var web = Samples.workload(
            variables: ["A": "${externals.db.host}"],
            externals: [
                "db": ResourceRequest(type: "postgres"), "disk": ResourceRequest(type: "volume"),
                "dns": ResourceRequest(type: "dns"),
                "route": ResourceRequest(type: "route", params: ["host": "${externals.dns.host}", "port": 80]),
            ])
        web.spec["containers"]?["web"]?["volume_mounts"] = ["/data": ["id": "externals.disk"], "/tmp": ["id": "other"]]
        let definitions = ["postgres", "volume", "dns", "route"].map { Samples.definition($0, $0) }
        #expect(
            try lines(DeploymentSet(modules: ["web": web]), definitions) == [
                "dns.default#modules.web.externals.dns", "postgres.default#modules.web.externals.db",
                "route.default#modules.web.externals.route -> dns.default#modules.web.externals.dns",
                "volume.default#modules.web.externals.disk",
                "workload.default#modules.web -> dns.default#modules.web.externals.dns postgres.default#modules.web.externals.db "
                    + "route.default#modules.web.externals.route volume.default#modules.web.externals.disk",
            ])
    }

    @Test func otherWorkloadsAreReachable() throws {
        let set = DeploymentSet(modules: [
            "api": Samples.workload(externals: ["db": ResourceRequest(type: "postgres")]),
            "web": Samples.workload(variables: [
                "URL": "http://${modules.api.service.name}", "DB": "${modules.api.externals.db.name}",
            ]),
        ])
        #expect(
            try lines(set, [Samples.definition("pg", "postgres")]) == [
                "postgres.default#modules.api.externals.db",
                "workload.default#modules.api -> postgres.default#modules.api.externals.db",
                "workload.default#modules.web -> postgres.default#modules.api.externals.db",
            ])
    }

    @Test func implicitTypesComeOnlyWhereADefinitionMatches() throws {
        let types = ["base-env", "k8s-namespace"].map { ResourceType(type: $0, name: $0, category: "", use: "implicit") }
        let definitions = [
            Samples.definition("base", "base-env"),
            Samples.definition("ns", "k8s-namespace", criteria: [MatchingCriteria(envType: "production")]),
        ]
        #expect(try lines(DeploymentSet(), definitions, types: types) == ["base-env.default#base-env"])
    }

    @Test(arguments: [
        ("dns", "dns.large#x"), ("dns.small", "dns.small#x"), ("dns#main", "dns.large#main"),
        ("dns.small#main", "dns.small#main"),
    ])
    func whatAReferenceLeavesOutIsInherited(_ reference: String, _ expected: String) throws {
        let classes = ["large", "small"].map { MatchingCriteria(class: $0) }
        let definitions = [
            Samples.definition(
                "pg", "postgres", values: ["a": .string("${resources['\(reference)'].guresid}")], criteria: classes),
            Samples.definition("dns", "dns", criteria: classes),
        ]
        let set = DeploymentSet(shared: ["pg": ResourceRequest(type: "postgres", class: "large", id: "a.x")])
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions)
        let full = expected.replacingSuffix("#x", by: "#a.x")
        #expect(graph.nodes.map(\.identity.description).contains(full), "\(Samples.lines(graph))")
    }

    /// `is_dependent` and `match_dependents` in all four combinations.
    @Test(arguments: [
        (false, false, ["policy.default#shared.b", "s3.default#shared.b", "workload.default#modules.w -> s3.default#shared.b"]),
        (
            true, false,
            [
                "s3.default#shared.b", "policy.default#shared.b -> s3.default#shared.b",
                "workload.default#modules.w -> s3.default#shared.b",
            ]
        ),
        (
            false, true,
            [
                "policy.default#shared.b", "s3.default#shared.b",
                "workload.default#modules.w -> policy.default#shared.b s3.default#shared.b",
            ]
        ),
        (
            true, true,
            [
                "s3.default#shared.b", "policy.default#shared.b -> s3.default#shared.b",
                "workload.default#modules.w -> policy.default#shared.b s3.default#shared.b",
            ]
        ),
    ])
    func coProvisioning(_ isDependent: Bool, _ matchDependents: Bool, _ expected: [String]) throws {
        let definitions = [
            Samples.definition(
                "s3", "s3", provision: ["policy": CoProvision(isDependent: isDependent, matchDependents: matchDependents)]),
            Samples.definition("policy", "policy"),
        ]
        let set = DeploymentSet(
            modules: ["w": Samples.workload(variables: ["B": "${shared.b.name}"])], shared: ["b": ResourceRequest(type: "s3")])
        #expect(try lines(set, definitions) == expected)
    }

    /// Two companions that both depend on the resource do not come to wait for each other.
    @Test func companionsDoNotWaitForEachOther() throws {
        let both = CoProvision(isDependent: true, matchDependents: true)
        let definitions = [
            Samples.definition("s3", "s3", provision: ["policy": both, "alarm": both]), Samples.definition("policy", "policy"),
            Samples.definition("alarm", "alarm"),
        ]
        #expect(
            try lines(DeploymentSet(shared: ["b": ResourceRequest(type: "s3")]), definitions) == [
                "s3.default#shared.b", "alarm.default#shared.b -> s3.default#shared.b",
                "policy.default#shared.b -> s3.default#shared.b",
            ])
    }

    @Test func coProvisionedParamsSpeakOfTheOneThatProvisions() throws {
        let definitions = [
            Samples.definition(
                "s3", "s3",
                provision: [
                    "policy.p": CoProvision(params: [
                        "for": "${context.res.class}/${context.res.id}", "dns": "${resources.dns.outputs.host}",
                    ])
                ]),
            Samples.definition("policy", "policy", criteria: [MatchingCriteria(class: "p")]), Samples.definition("dns", "dns"),
        ]
        let graph = try GraphBuilder.build(
            set: DeploymentSet(shared: ["b": ResourceRequest(type: "s3")]), context: Samples.development, definitions: definitions
        )
        let policy = graph.nodes.first { $0.identity.type == "policy" }
        #expect(policy?.params == ["for": "default/shared.b", "dns": "${resources['dns.default#shared.b'].outputs.host}"])
        #expect(policy?.dependsOn == [ResourceIdentity(type: "dns", id: "shared.b")])
    }

    /// `workload>policy` in a role that the workload's service account refers to; `dns<route` in an ingress.
    @Test func selectorsFollowDirectEdges() throws {
        let definitions = [
            Samples.definition("w", "workload", values: ["sa": "${resources.account.outputs.name}"]),
            Samples.definition("sa", "account", values: ["role": "${resources.role.outputs.arn}"]),
            Samples.definition("role", "role", values: ["policies": "${resources.workload>policy.outputs.arn}"]),
            Samples.definition("s3", "s3", provision: ["policy.p": CoProvision(matchDependents: true)]),
            Samples.definition("policy", "policy", criteria: [MatchingCriteria(class: "p")]),
            Samples.definition("dns", "dns", provision: ["ingress": CoProvision()]),
            Samples.definition("ingress", "ingress", values: ["routes": "${resources['dns<route'].outputs.path}"]),
            Samples.definition("route", "route"),
        ]
        let set = DeploymentSet(
            modules: [
                "web": Samples.workload(
                    variables: ["B": "${shared.b.name}"],
                    externals: ["r": ResourceRequest(type: "route", params: ["host": "${shared.main.host}"])]),
                "api": Samples.workload(externals: ["r": ResourceRequest(type: "route", params: ["host": "${shared.main.host}"])]
                ),
            ],
            shared: ["b": ResourceRequest(type: "s3"), "main": ResourceRequest(type: "dns")])
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions)
        func node(_ text: String) -> ResourceNode? { graph.nodes.first { $0.identity.description == text } }
        #expect(node("role.default#modules.web")?.dependsOn.map(\.description) == ["policy.p#shared.b"])
        #expect(node("role.default#modules.api")?.dependsOn == [])
        #expect(
            node("ingress.default#shared.main")?.dependsOn.map(\.description) == [
                "route.default#modules.api.externals.r", "route.default#modules.web.externals.r",
            ])
    }

    /// Any order of equal inputs gives one graph, each node stands after what it depends on, and identities are unique.
    @Test func orderIsTopologicalAndStable() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<80 {
            let (set, definitions) = Self.random(&random)
            let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions)
            var seen: Set<ResourceIdentity> = []
            for node in graph.nodes {
                #expect(node.dependsOn.allSatisfy(seen.contains), "\(Samples.lines(graph))")
                #expect(seen.insert(node.identity).inserted)
            }
            let again = try GraphBuilder.build(
                set: set, context: Samples.development, definitions: definitions.shuffled(using: &random))
            #expect(again == graph)
            #expect(Set(graph.nodes.map(\.guResID)).count == graph.nodes.count)
            #expect(try JSON(encoding: graph).decode(ResourceGraph.self) == graph)
        }
    }

    /// Types t0..t5; a definition refers to lower types only, so that there is no circle.
    private static func random(_ random: inout SplitMix) -> (DeploymentSet, [ResourceDefinition]) {
        let definitions = (0..<6).map { type in
            let references = (0..<type).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
                .map { JSON.string("${resources.t\($0).outputs.x}") }
            var provision: [String: CoProvision] = [:]
            if type > 0, Bool.random(using: &random) {
                provision["t\(Int.random(in: 0..<type, using: &random))#extra"] = CoProvision(
                    matchDependents: Bool.random(using: &random))
            }
            return Samples.definition("d\(type)", "t\(type)", values: ["refs": .array(references)], provision: provision)
        }
        var set = DeploymentSet()
        for number in 0..<Int.random(in: 1...4, using: &random) {
            let type = Int.random(in: 0..<6, using: &random)
            set.shared["s\(number)"] = ResourceRequest(type: "t\(type)")
            set.modules["w\(number)"] = Samples.workload(
                variables: ["X": "${externals.own.x} ${shared.s0.x}"],
                externals: ["own": ResourceRequest(type: "t\(Int.random(in: 0..<6, using: &random))")])
        }
        return (set, definitions)
    }
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String, by other: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) + other : self
    }
}
