import Planning
import PlatformModel
import Testing

struct NodeInputsTests {
    private static let password = SecretReference(ref: "res/db/password", version: "1")
    private static let db = ResourceIdentity(type: "pg", id: "modules.web.externals.db")

    private func plan(_ set: DeploymentSet, _ definitions: [ResourceDefinition]) throws -> DeploymentPlan {
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: definitions, values: ["LEVEL"])
        return DeploymentPlan.make(
            graph: graph, set: set, previous: nil, known: [], context: Samples.development, mode: .full)
    }

    private func scope(_ outputs: [ResourceIdentity: NodeOutputs] = [:]) -> DeploymentScope {
        let pg = NodeOutputs(
            values: ["host": "10.0.0.1", "port": 5432, "tags": ["a", "b"], "nested": ["user": "u"]],
            secretRefs: [
                "password": ["store": "built-in", "ref": "res/db/password", "version": "1"],
                "nested": ["key": ["ref": "res/db/key"]],
            ], guResID: "g")
        return DeploymentScope(
            deploymentID: "dep-1", setID: "set-1", outputs: outputs.merging([Self.db: pg]) { first, _ in first },
            values: ["LEVEL": ResolvedDocument("debug")])
    }

    private func node(_ type: String, _ plan: DeploymentPlan) throws -> ResourceNode {
        try #require(plan.nodes.first { $0.node.identity.type == type }?.node)
    }

    @Test func aWorkloadGetsItsVariables() throws {
        let set = DeploymentSet(modules: [
            "web": Samples.workload(
                variables: [
                    "HOST": "${externals.db.host}", "PORT": "${externals.db.port}",
                    "URL": "pg://u:${externals.db.password}@${externals.db.host}",
                    "TAG": "${externals.db.tags[1]}", "ID": "${externals.db.guresid}",
                    "DEPLOY": "${context.deploy.id}/${context.deploy.set.id}",
                    "SELF": "${modules.web.service.name}", "LEVEL": "${values.LEVEL}", "SHELL": #"$\{HOME}"#,
                    "RES": "${context.res.id}",
                ], externals: ["db": ResourceRequest(type: "pg")])
        ])
        let plan = try plan(set, [Samples.definition("pg", "pg")])
        let result = try plan.resolveWorkload("web", of: set, in: scope())
        #expect(
            result.document["containers"]?["web"]?["variables"] == [
                "HOST": "10.0.0.1", "PORT": 5432, "URL": .null, "TAG": "b",
                "ID": .string(Samples.development.guResID(of: Self.db)),
                "DEPLOY": "dep-1/set-1", "SELF": "web", "LEVEL": "debug", "SHELL": "${HOME}", "RES": "modules.web",
            ])
        #expect(
            result.slots == [
                SecretSlot(
                    pointer: "/containers/web/variables/URL",
                    parts: [.text("pg://u:"), .reference(Self.password), .text("@10.0.0.1")])
            ])
    }

    @Test func aDriverGetsParamsValuesAndSecrets() throws {
        let set = DeploymentSet(modules: [
            "web": Samples.workload(externals: [
                "db": ResourceRequest(type: "pg"),
                "cache": ResourceRequest(
                    type: "redis", params: ["near": "${externals.db.host}", "key": "${externals.db.password}"]),
            ])
        ])
        let redis = Samples.definition(
            "redis", "redis",
            values: [
                "id": "${context.res.id}", "class": "${context.res.class}", "env": "${context.env.type}",
                "db": "${resources['pg.default#modules.web.externals.db'].outputs.nested}",
            ],
            secretRefs: [
                "admin": ["store": "vault", "ref": "kv/${context.env.id}/admin"],
                "list": [["ref": "x"]],
                "made": ["value": "p=${resources['pg.default#modules.web.externals.db'].outputs.password}"],
            ])
        let plan = try plan(set, [redis, Samples.definition("pg", "pg")])
        let result = try plan.resolveInputs(of: try node("redis", plan), in: scope())
        #expect(
            result.document == [
                "params": ["near": "10.0.0.1", "key": .null],
                "values": [
                    "id": "modules.web.externals.cache", "class": "default", "env": "development",
                    "db": ["user": "u", "key": .null],
                ],
                "secrets": ["admin": .null, "list": [.null], "made": .null],
            ])
        #expect(
            result.slots.sorted { $0.pointer < $1.pointer } == [
                SecretSlot(pointer: "/params/key", parts: [.reference(Self.password)]),
                SecretSlot(pointer: "/secrets/admin", parts: [.reference(SecretReference(store: "vault", ref: "kv/dev/admin"))]),
                SecretSlot(pointer: "/secrets/list/0", parts: [.reference(SecretReference(ref: "x"))]),
                SecretSlot(pointer: "/secrets/made", parts: [.text("p="), .reference(Self.password)]),
                SecretSlot(pointer: "/values/db/key", parts: [.reference(SecretReference(ref: "res/db/key"))]),
            ])
    }

    /// A developer's value that looks like a reference, or like a placeholder, stays a value.
    @Test func anOutputNeverBecomesAReference() throws {
        let set = DeploymentSet(shared: [
            "r": ResourceRequest(type: "redis", params: ["x": "$\\{context.org.id}"]), "c": ResourceRequest(type: "config"),
        ])
        let redis = Samples.definition(
            "redis", "redis", values: ["y": "${resources['config#shared.c'].outputs.text}"],
            secretRefs: ["s": ["value": "${resources['config#shared.c'].outputs.fake}"]])
        let plan = try plan(set, [redis, Samples.definition("config", "config")])
        let config = NodeOutputs(
            values: ["fake": ["store": "built-in", "ref": "other"], "text": "${context.org.id}"], secretRefs: [:], guResID: "c")
        let outputs = [ResourceIdentity(type: "config", id: "shared.c"): config]
        let result = try plan.resolveInputs(of: try node("redis", plan), in: scope(outputs))
        #expect(result.slots.isEmpty)
        #expect(result.document["secrets"] == ["s": ["store": "built-in", "ref": "other"]])
        #expect(result.document["values"] == ["y": "${context.org.id}"])
        #expect(result.document["params"] == ["x": "${context.org.id}"])
    }

    @Test func anOutputCannotChooseASecret() throws {
        let set = DeploymentSet(shared: ["r": ResourceRequest(type: "redis"), "c": ResourceRequest(type: "config")])
        let redis = Samples.definition(
            "redis", "redis", secretRefs: ["s": ["ref": "kv/${resources['config#shared.c'].outputs.path}"]])
        let plan = try plan(set, [redis, Samples.definition("config", "config")])
        let error = #expect(throws: PlanningError.self) {
            try plan.resolveInputs(of: try self.node("redis", plan), in: self.scope())
        }
        #expect(error?.problems.map { "\($0.code) \($0.path)" } == ["PLAN-108 redis.default#shared.r /secrets/s/ref"])
    }

    @Test func aSelectorGivesAnArray() throws {
        let set = DeploymentSet(
            modules: [
                "web": Samples.workload(externals: ["r": ResourceRequest(type: "route", params: ["h": "${shared.main.host}"])]),
                "api": Samples.workload(externals: ["r": ResourceRequest(type: "route", params: ["h": "${shared.main.host}"])]),
            ], shared: ["main": ResourceRequest(type: "dns")])
        let definitions = [
            Samples.definition("dns", "dns", provision: ["ingress": CoProvision()]), Samples.definition("route", "route"),
            Samples.definition(
                "ingress", "ingress",
                values: ["paths": "${resources.dns<route.outputs.path}", "keys": "${resources.dns<route.outputs.key}"]),
        ]
        let plan = try plan(set, definitions)
        var outputs: [ResourceIdentity: NodeOutputs] = [:]
        for name in ["api", "web"] {
            outputs[ResourceIdentity(type: "route", id: "modules.\(name).externals.r")] = NodeOutputs(
                values: ["path": .string("/" + name)], secretRefs: ["key": ["ref": .string(name)]], guResID: name)
        }
        let result = try plan.resolveInputs(of: try node("ingress", plan), in: scope(outputs))
        #expect(result.document["values"] == ["paths": ["/api", "/web"], "keys": [.null, .null]])
        #expect(result.slots.map(\.pointer) == ["/values/keys/0", "/values/keys/1"])
    }

    @Test func aWorkloadDefinitionReadsTheSpec() throws {
        let set = DeploymentSet(modules: [
            "web": Samples.workload(
                variables: ["HOST": "${externals.db.host}", "SHELL": #"$\{HOME}"#, "RES": "${context.res.id}"],
                externals: ["db": ResourceRequest(type: "pg")])
        ])
        let plan = try plan(set, [Samples.definition("pg", "pg"), Samples.definition("w", "workload")])
        let result = try plan.resolveInputs(of: try node("workload", plan), in: scope())
        #expect(result.document["params"]?["profile"] == "humanitec/default-module")
        #expect(
            result.document["params"]?["spec"]?["containers"]?["web"]?["variables"] == [
                "HOST": "10.0.0.1", "SHELL": "${HOME}", "RES": "modules.web",
            ])
    }

    @Test func missingOutputsAreAllNamed() throws {
        let set = DeploymentSet(modules: [
            "web": Samples.workload(
                variables: [
                    "A": "${externals.db.hst}", "B": "${externals.db.pasword}", "C": "${externals.db.nested.usr}",
                    "D": "${externals.db.host.x}", "E": "${externals.dns.host}", "F": "${externals.db.password.ref}",
                    "G": "${externals.db.nested.key.store}",
                ], externals: ["db": ResourceRequest(type: "pg"), "dns": ResourceRequest(type: "dns")])
        ])
        let plan = try plan(set, [Samples.definition("pg", "pg"), Samples.definition("dns", "dns")])
        let error = #expect(throws: PlanningError.self) { try plan.resolveWorkload("web", of: set, in: scope()) }
        #expect(error?.problems.map { $0.suggestion ?? "-" } == ["host", "password", "nested.user", "-", "-", "-", "-"])
        #expect(error?.problems.allSatisfy { $0.code == "PLAN-107" } == true)
        #expect(
            error?.problems.first?.description
                == "PLAN-107 modules.web.spec /containers/web/variables/A:1:1: '${externals.db.hst}': pg.default#modules.web.externals.db "
                + "has no output 'hst'; it has host, nested, password, port, tags; did you mean 'host'?")
        #expect(error?.description.contains("res/db/password") == false)
    }
}
