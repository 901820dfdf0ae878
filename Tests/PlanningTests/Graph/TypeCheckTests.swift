import Planning
import PlatformModel
import TestSupport
import Testing

struct TypeCheckTests {
    private static let queue = ResourceType(
        type: "acme/queue", name: "Queue", category: "", use: "direct",
        inputsSchema: [
            "values": [
                "required": ["size"], "additionalProperties": false,
                "properties": ["size": ["type": "integer"], "tags": ["type": "array", "items": ["type": "string"]]],
            ]
        ],
        outputsSchema: [
            "values": ["additionalProperties": false, "properties": ["host": ["type": "string"]]],
            "secrets": ["additionalProperties": false, "properties": ["key": ["type": "string"]]],
        ])

    private func problems(
        params: JSON?, text: String = "x",
        _ definition: ResourceDefinition = Samples.definition("q", "acme/queue", driver: "martlet/template")
    ) -> [Problem] {
        let web = Samples.workload(
            variables: ["A": .string(text)], externals: ["q": ResourceRequest(type: definition.type, params: params)])
        do throws(PlanningError) {
            _ = try GraphBuilder.build(
                set: DeploymentSet(modules: ["web": web]), context: Samples.development, definitions: [definition],
                resourceTypes: ResourceType.builtIn + [Self.queue], checksOutputs: true)
            return []
        } catch { return error.problems }
    }

    @Test func paramsAreCheckedAllAtOnce() {
        #expect(problems(params: ["size": 3, "tags": ["a"]]).isEmpty)
        #expect(problems(params: ["size": "${context.env.id}"]).isEmpty, "not known yet")
        let found = problems(params: ["siez": 3, "tags": ["a", 1]])
        #expect(found.map(\.code) == ["PLAN-113", "PLAN-113", "PLAN-113"])
        let place = "acme/queue.default#modules.web.externals.q"
        #expect(Set(found.map(\.path)) == ["\(place) /params/size", "\(place) /params/siez", "\(place) /params/tags/1"])
        #expect(found.compactMap(\.suggestion) == ["size"])
        #expect(found.allSatisfy { $0.message.contains("workload 'web' as 'q'") })
        #expect(problems(params: nil).count == 1, "what is required lacks without params, too")
    }

    @Test func outputsThatNobodyGivesAreNamed() {
        #expect(problems(params: ["size": 1], text: "${externals.q.host}${externals.q.key}").isEmpty)
        let found = problems(params: ["size": 1], text: "${externals.q.hots}")
        #expect(found.map(\.code) == ["PLAN-107"] && found.first?.suggestion == "host")
        #expect(found.first?.path == "workload.default#modules.web /spec/containers/web/variables/A:1:1")
    }

    /// What a driver gives is known of some: whatever the type leaves open.
    @Test func driversThatSayWhatTheyGive() {
        var echo = Samples.definition("e", "config")
        echo.driverType = "humanitec/echo"
        echo.driverInputs = DriverInputs(values: ["host": "h", "martlet_timeout_seconds": 60], secretRefs: ["key": ["ref": "k"]])
        #expect(problems(params: nil, text: "${externals.q.host}${externals.q.key}", echo).isEmpty)
        #expect(problems(params: nil, text: "${externals.q.ky}", echo).map(\.suggestion) == ["key"])
        let limit = problems(params: nil, text: "${externals.q.martlet_timeout_seconds}", echo)
        #expect(limit.map(\.code) == ["PLAN-107"], "the driver never sees it")
        var postgres = Samples.definition("p", "postgres")
        postgres.driverType = "martlet/postgres"
        #expect(problems(params: nil, text: "${externals.q.usrname}", postgres).map(\.suggestion) == ["username"])
        var template = postgres
        template.driverType = "humanitec/template"
        #expect(problems(params: nil, text: "${externals.q.usrname}", template).isEmpty)
        #expect(problems(params: ["anything": 1], template).isEmpty, "built-in types leave names open")
    }
}
