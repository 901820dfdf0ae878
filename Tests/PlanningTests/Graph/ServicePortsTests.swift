import Planning
import PlatformModel
import Testing

/// What a workload's service gives to others: its name and its ports.
struct ServicePortsTests {
    private func workload(ports: JSON) -> Workload {
        var workload = Samples.workload()
        workload.spec["service"] = ["ports": ports]
        return workload
    }

    private func set(_ placeholder: String, _ ports: JSON) -> DeploymentSet {
        DeploymentSet(modules: [
            "web": Samples.workload(variables: ["V": .string(placeholder)]), "api": workload(ports: ports),
        ])
    }

    private func plan(_ set: DeploymentSet, previous: DeploymentSet? = nil, digests: [String: String] = [:]) throws
        -> DeploymentPlan
    {
        let graph = try GraphBuilder.build(set: set, context: Samples.development, definitions: [])
        return DeploymentPlan.make(
            graph: graph, set: set, previous: previous, known: [], context: Samples.development, mode: .incremental,
            workloadDigests: digests)
    }

    private static let www: JSON = ["www": ["service_port": 8080, "container_port": 3001, "protocol": "TCP"]]
    private static let two: JSON = ["www": ["service_port": 8080], "stream": ["service_port": "19245", "protocol": "UDP"]]

    @Test(arguments: [
        ("${modules.api.service.port}", www, JSON.int(8080)),
        ("${modules.api.service.ports.www}", two, 8080),
        ("${modules.api.service.ports.stream}", two, 19245),
        ("http://${modules.api.service.name}:${modules.api.service.port}", www, "http://api:8080"),
    ])
    func portsAreNumbers(_ placeholder: String, _ ports: JSON, _ expected: JSON) throws {
        let set = set(placeholder, ports)
        let result = try plan(set).resolveWorkload(
            "web", of: set, in: DeploymentScope(deploymentID: "d", setID: "s", outputs: [:]))
        #expect(result.document["containers"]?["web"]?["variables"]?["V"] == expected)
    }

    @Test(
        arguments: [
            (
                "${modules.api.service.port}", two, "has several ports, stream (19245), www (8080): write 'ports.NAME'",
                "ports.stream"
            ),
            ("${modules.api.service.ports.wwww}", two, "has no port 'wwww'; it has stream (19245), www (8080)", "ports.www"),
            ("${modules.api.service.port}", [:], "workload 'api' has no service ports", nil),
            ("${modules.api.service.prt}", www, "not 'service.prt'", "service.port"),
            ("${modules.api.service.ports}", www, "not 'service.ports'", "service.port"),
        ] as [(String, JSON, String, String?)])
    func whatIsNotThereIsNamed(_ placeholder: String, _ ports: JSON, _ words: String, _ suggestion: String?) {
        let problems = Samples.problems(set(placeholder, ports), [])
        #expect(problems.map(\.code) == ["PLAN-102"])
        #expect(problems.first?.message.contains(words) == true, "\(problems)")
        #expect(problems.first?.suggestion == suggestion)
    }

    /// Whoever reads a port is deployed again with another one; two that read each other's are no circle.
    @Test func anotherPortReachesItsReaders() throws {
        func set(_ port: Int64) -> DeploymentSet {
            var one = workload(ports: ["www": ["service_port": .int(port)]]), other = one
            one.spec["containers"] = ["web": ["variables": ["V": "${modules.b.service.port}"]]]
            other.spec["containers"] = ["web": ["variables": ["V": "${modules.a.service.port}"]]]
            return DeploymentSet(modules: ["a": one, "b": other, "c": Samples.workload()])
        }
        let first = try plan(set(80))
        let digests = Dictionary(uniqueKeysWithValues: first.nodes.map { ($0.node.workload ?? "", $0.inputDigest) })
        var changed = set(80)
        changed.modules["b"]?.spec["service"]?["ports"]?["www"]?["service_port"] = 81
        let second = try plan(changed, previous: set(80), digests: digests)
        #expect(second.nodes.map { "\($0.node.workload ?? "") \($0.action)" } == ["a update", "b update", "c keep"])
    }

    /// Params keep the name of what they read, wherever they are read.
    @Test func paramsReadPortsToo() throws {
        var set = set("${externals.route.url}", Self.www)
        set.modules["web"]?.externals["route"] = ResourceRequest(
            type: "route", params: ["port": "${modules.api.service.port}", "service": "${modules.api.service.name}"])
        let graph = try GraphBuilder.build(
            set: set, context: Samples.development, definitions: [Samples.definition("route", "route", values: ["url": "u"])])
        let plan = DeploymentPlan.make(
            graph: graph, set: set, previous: nil, known: [], context: Samples.development, mode: .full)
        let node = try #require(plan.nodes.first { $0.node.identity.type == "route" }?.node)
        let inputs = try plan.resolveInputs(
            of: node, in: DeploymentScope(deploymentID: "d", setID: "s", outputs: [:]))
        #expect(inputs.document["params"] == ["port": 8080, "service": "api"])
    }
}
