import Planning
import PlatformModel
import Testing

struct GraphProblemTests {
    private func set(_ type: String, params: JSON? = nil) -> DeploymentSet {
        DeploymentSet(shared: ["x": ResourceRequest(type: type, params: params)])
    }

    @Test func aCircleNamesItsMembersInOrder() {
        let definitions = [
            Samples.definition("c", "c", values: ["x": "${resources.a.outputs.x}"]),
            Samples.definition("a", "a", values: ["x": "${resources.b.outputs.x}"]),
            Samples.definition("b", "b", values: ["x": "${resources.c.outputs.x}"]),
            Samples.definition("top", "top", values: ["x": "${resources.c.outputs.x}"]),
        ]
        let problems = Samples.problems(set("top"), definitions)
        #expect(problems.map(\.code) == ["PLAN-104"])
        #expect(
            problems.first?.message.contains(
                "a.default#shared.x -> b.default#shared.x -> c.default#shared.x -> a.default#shared.x") == true)
    }

    @Test func twoCirclesAndASelfReferenceAreAllNamed() {
        let definitions = [
            Samples.definition("a", "a", values: ["x": "${resources.b.outputs.x} ${resources.d.outputs.x}"]),
            Samples.definition("b", "b", values: ["x": "${resources.b.outputs.x}"]),
            Samples.definition("d", "d", values: ["x": "${resources.e.outputs.x}"]),
            Samples.definition("e", "e", values: ["x": "${resources.d.outputs.x}"]),
        ]
        let problems = Samples.problems(set("a"), definitions)
        #expect(problems.map(\.path) == ["b.default#shared.x", "d.default#shared.x"])
    }

    @Test func paramsThatDisagreeNameBoth() {
        let asked = ["web", "api"].map { name in
            (name, Samples.workload(externals: ["db": ResourceRequest(type: "pg", id: "main", params: ["size": .string(name)])]))
        }
        let set = DeploymentSet(modules: Dictionary(uniqueKeysWithValues: asked))
        let problems = Samples.problems(set, [Samples.definition("pg", "pg")])
        #expect(problems.map { "\($0.code) \($0.path)" } == ["PLAN-103 pg.default#shared.main"])
        #expect(
            problems.first?.message.hasPrefix(
                #"workload 'api' as 'db' asks for it with params {"size":"api"}, workload 'web' as 'db' with params {"size":"web"}"#
            )
                == true, "\(problems)")
    }

    /// Equal text means different things in two workloads; equal meaning in different words is no disagreement.
    @Test func paramsAreComparedByMeaning() throws {
        func set(_ one: JSON, _ two: JSON?) -> DeploymentSet {
            func workload(_ params: JSON?) -> Workload {
                Samples.workload(externals: [
                    "dns": ResourceRequest(type: "dns"), "db": ResourceRequest(type: "pg", id: "main", params: params),
                ])
            }
            return DeploymentSet(modules: ["a": workload(one), "b": workload(two)])
        }
        let definitions = ["pg", "dns"].map { Samples.definition($0, $0) }
        #expect(
            Samples.problems(set(["h": "${externals.dns.host}"], ["h": "${externals.dns.host}"]), definitions).map(\.code) == [
                "PLAN-103"
            ])
        for two: JSON? in [nil, ["h": "${modules.a.externals.dns.host}", "n": 1.0]] {
            let graph = try GraphBuilder.build(
                set: set(["h": "${externals.dns.host}", "n": 1], two), context: Samples.development, definitions: definitions)
            let main = graph.nodes.first { $0.identity.id == "shared.main" }
            #expect(main?.params["h"] == "${resources['dns.default#modules.a.externals.dns'].outputs.host}")
        }
    }

    @Test func everythingUnknownIsNamedAtOnce() {
        let set = DeploymentSet(
            modules: [
                "web": Samples.workload(
                    variables: [
                        "A": "${externals.bd.host}", "B": "x\n${contxt.org.id}", "C": "${context.env.typ}",
                        "D": "${shared.man.x}",
                        "E": "${modules.wbe.service.name}", "F": "${modules.web.servic.name}", "G": "${values.LOG_LEVL}",
                        "H": "${resources.db.host}", "I": "${", "J": "${values.LOG_LEVEL}",
                    ], externals: ["db": ResourceRequest(type: "pgg")])
            ], shared: ["main": ResourceRequest(type: "pg", params: ["x": "${externals.db.host}"])])
        let definitions = [
            Samples.definition(
                "pg", "pg",
                values: [
                    "a": "${externals.db.host}", "b": "${resources.x.output.y}", "c": "${resources['a b'].outputs.x}",
                    "d": "${resources.x.guresid.y}",
                ], provision: ["a.b.c": CoProvision(), "pg": CoProvision()])
        ]
        let types = [ResourceType(type: "pg", name: "", category: "", use: "direct")]
        let problems = Samples.problems(set, definitions, types: types, values: ["LOG_LEVEL"])
        let place = "workload.default#modules.web /spec/containers/web/variables"
        #expect(
            problems.map { "\($0.code) \($0.path) \($0.suggestion ?? "-")" } == [
                "PLAN-102 pg.default#shared.main /params/x:1:1 -", "PLAN-101 \(place)/I:1:1 -", "PLAN-102 \(place)/A:1:1 db",
                "PLAN-102 \(place)/B:2:1 context", "PLAN-102 \(place)/C:1:1 env.type", "PLAN-102 \(place)/D:1:1 main",
                "PLAN-102 \(place)/E:1:1 web", "PLAN-102 \(place)/F:1:1 service.name", "PLAN-102 \(place)/G:1:1 LOG_LEVEL",
                "PLAN-102 \(place)/H:1:1 -", "PLAN-105 pgg.default#modules.web.externals.db pg",
                "PLAN-102 pg.default#shared.main /driver_inputs/values/a:1:1 -",
                "PLAN-106 pg.default#shared.main /driver_inputs/values/b:1:1 outputs",
                "PLAN-106 pg.default#shared.main /driver_inputs/values/c:1:1 -",
                "PLAN-106 pg.default#shared.main /driver_inputs/values/d:1:1 -",
                "PLAN-106 definition 'pg' provision.a.b.c -", "PLAN-106 definition 'pg' provision.pg -",
            ])
    }

    /// Params would name it by a text that reads as something else.
    @Test func aNameThatNoReferenceCanHoldIsRefused() {
        let set = DeploymentSet(
            modules: [
                "w": Samples.workload(externals: [
                    "a<b": ResourceRequest(type: "pg"), "c": ResourceRequest(type: "pg", class: "d.e"),
                ])
            ],
            shared: ["x>y": ResourceRequest(type: "pg")])
        let any = [MatchingCriteria(id: "1"), MatchingCriteria(id: "2", class: "d.e")]
        let problems = Samples.problems(set, [Samples.definition("pg", "pg", criteria: any)])
        #expect(
            problems.map { "\($0.code) \($0.path)" } == [
                "PLAN-106 pg.default#modules.w.externals.a<b", "PLAN-106 pg.d.e#modules.w.externals.c",
                "PLAN-106 pg.default#shared.x>y",
            ])
    }

    /// What ties everything to everything ends in an error and not in the machine's memory.
    @Test func edgesAreBounded() {
        var set = DeploymentSet(shared: ["hub": ResourceRequest(type: "hub")])
        for number in 0..<1100 {
            set.modules["w\(number)"] = Samples.workload(
                variables: ["H": "${shared.hub.x}"],
                externals: ["e": ResourceRequest(type: "leaf", params: ["h": "${shared.hub.x}"])])
        }
        let definitions = [
            Samples.definition("hub", "hub"),
            Samples.definition("leaf", "leaf", values: ["all": "${resources['hub#shared.hub<workload'].guresid}"]),
        ]
        #expect(Samples.problems(set, definitions).map(\.code) == ["PLAN-109"])
    }

    @Test func anUnmatchedResourceSaysWhoAskedForIt() {
        let definitions = [Samples.definition("a", "a", values: ["x": "${resources.b.outputs.x}"])]
        let problems = Samples.problems(set("a"), definitions)
        #expect(problems.map { "\($0.code) \($0.path)" } == ["MATCH-201 b.default#shared.x"])
        #expect(problems.first?.message.hasSuffix("(asked for by a.default#shared.x, which refers to it)") == true)
    }
}
