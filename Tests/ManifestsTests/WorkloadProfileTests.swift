import PlatformModel
import Testing

@testable import Manifests

/// Profiles of an organisation's own: what they allow, and what they give.
@Suite struct WorkloadProfileTests {
    private static func profile(_ definition: JSON, chart: String = "humanitec/default-module") -> WorkloadProfile {
        WorkloadProfile(
            id: "acme/web", versionID: "1", specDefinition: definition,
            chart: .init(id: chart, version: WorkloadProfile.chartVersion))
    }

    private static let definition: JSON = [
        "properties": [
            "annotations": [
                "type": "feature", "feature_name": "humanitec/annotations", "schema": ["default": ["team": "shop"]],
            ],
            "replicas": ["type": "feature", "schema": ["default": 2, "maximum": 4]],
            "containers": [
                "type": "collection",
                "properties": [
                    "id": ["type": "schema"], "image": ["type": "feature"],
                    "resources": [
                        "type": "feature",
                        "schema": [
                            "default": ["limits": ["memory": "64Mi"]], "properties": ["limits": ["required": ["memory"]]],
                        ],
                    ],
                ],
            ],
        ]
    ]

    private static func workload(_ spec: JSON, _ profile: String = "acme/web") -> Workload {
        Workload(profile: profile, spec: spec)
    }

    @Test func itGivesWhatTheWorkloadDoesNotSay() throws {
        let made = try Self.profile(Self.definition).applied(
            to: Self.workload(["containers": ["main": ["image": "web:1"]], "annotations": ["a": "b"]]), at: "modules.web")
        #expect(made.profile == "humanitec/default-module")
        #expect(
            made.spec == [
                "containers": ["main": ["image": "web:1", "resources": ["limits": ["memory": "64Mi"]]]],
                "annotations": ["a": "b", "team": "shop"], "replicas": 2,
            ])
        // What is said stays.
        let said = try Self.profile(Self.definition).applied(
            to: Self.workload([
                "containers": ["main": ["image": "web:1", "resources": ["limits": ["memory": "1Gi"]]]], "replicas": 3,
                "annotations": ["team": "${values.team}"],
            ]), at: "modules.web")
        #expect(said.spec["replicas"] == 3 && said.spec["annotations"] == ["team": "${values.team}"])
        #expect(said.spec["containers"]?["main"]?["resources"] == ["limits": ["memory": "1Gi"]])
    }

    private static let refused: [(JSON, String)] = [
        (["replicas": 5], "modules.web.spec.replicas"), (["replicas": "two"], "modules.web.spec.replicas"),
        (["anotations": [:]], "modules.web.spec.anotations"), (["ingress": [:]], "modules.web.spec.ingress"),
        (["containers": ["main": ["image": "x", "command": ["y"]]]], "modules.web.spec.containers.main.command"),
        (
            ["containers": ["main": ["resources": ["limits": ["cpu": "1"]], "image": 3]]],
            "modules.web.spec.containers.main.image"
        ),
    ]

    @Test(arguments: refused)
    func whatItDoesNotAllowIsRefusedByItsPlace(_ spec: JSON, _ path: String) throws {
        let error = try #require(throws: ManifestProblems.self) {
            try Self.profile(Self.definition).applied(to: Self.workload(spec), at: "modules.web")
        }
        #expect(error.problems.contains { $0.code == "MAN-112" && $0.path == path }, "\(error)")
        #expect(error.description.contains("acme/web"))
    }

    @Test func aTextWithAPlaceholderMayBecomeAnything() throws {
        let made = try Self.profile(Self.definition).applied(
            to: Self.workload(["replicas": "${resources.size.outputs.count}"]), at: "modules.web")
        #expect(made.spec["replicas"] == "${resources.size.outputs.count}")
    }

    @Test func withoutPropertiesItAllowsWhatItsChartTakes() throws {
        let made = try Self.profile([:], chart: "humanitec/default-job").applied(
            to: Self.workload(["anything": 1]), at: "modules.web")
        #expect(made.profile == "humanitec/default-job" && made.spec == ["anything": 1])
        #expect(Self.profile([:]).specSchema == [:])
    }

    @Test func aSetTakesOnlyProfilesOfItsOwn() throws {
        let set = DeploymentSet(modules: [
            "a": Self.workload([:]), "b": Self.workload([:], "humanitec/default-job"), "c": Self.workload([:], "odd"),
        ])
        let made = try WorkloadProfile.applied([Self.profile(Self.definition)], to: set)
        #expect(made.modules["a"]?.profile == "humanitec/default-module" && made.modules["a"]?.spec["replicas"] == 2)
        #expect(made.modules["b"] == set.modules["b"] && made.modules["c"] == set.modules["c"])
        let gone = try #require(throws: ManifestProblems.self) {
            try WorkloadProfile.applied(
                [Self.profile(Self.definition)], to: DeploymentSet(modules: ["a": Self.workload([:], "acme/wob")]))
        }
        #expect(gone.problems.map(\.code) == ["MAN-109"] && gone.problems[0].suggestion == "acme/web")
    }

    private static let odd: [(JSON, String)] = [
        (["properties": ["replica": ["type": "feature"]]], "spec_definition.properties.replica"),
        (["properties": ["replicas": ["type": "featur"]]], "spec_definition.properties.replicas.type"),
        (["properties": ["replicas": ["type": "feature", "feature_name": "humanitec/replica"]]], "feature_name"),
        (["properties": ["replicas": ["type": "schema", "schema": ["type": "odd"]]]], "replicas.schema.type"),
        (["properties": ["replicas": ["type": "schema", "shema": [:]]]], "replicas.shema"),
        (["properties": []], "spec_definition.properties"), ("text", "spec_definition"),
        (["property": [:]], "spec_definition.property"),
    ]

    @Test(arguments: odd)
    func aDefinitionThatCannotBe(_ definition: JSON, _ place: String) {
        let problems = Self.profile(definition).problems
        #expect(problems.contains { $0.code == "MAN-111" && $0.path.hasSuffix(place) }, "\(problems)")
    }

    @Test func aChartThatCannotBe() {
        var profile = Self.profile([:], chart: "humanitec/default-modul")
        #expect(profile.problems.first?.suggestion == "humanitec/default-module")
        profile.chart = .init(id: "martlet/default-module", version: "0.1")
        #expect(profile.problems.map(\.path) == ["workload_profile_chart.version"])
        profile.chart.version = WorkloadProfile.chartVersion
        #expect(profile.problems.isEmpty)
    }

    /// Those that come with Martlet can be copied, and then allow what their workloads have.
    @Test func theBuiltInOnesAreWhatOneCanMake() throws {
        #expect(WorkloadProfile.builtIn.map(\.id) == WorkloadRenderer.profiles.map { "humanitec/\($0)" })
        for profile in WorkloadProfile.builtIn {
            #expect(profile.problems.isEmpty, "\(profile.problems)")
            let workload = Self.workload([
                "containers": [
                    "main": [
                        "id": "main", "image": "web:1", "command": ["/bin/web"], "variables": ["A": "b"],
                        "resources": ["limits": ["cpu": "1", "memory": "1Gi"]],
                        "volume_mounts": ["/data": ["id": "externals.disk"]],
                        "liveness_probe": ["type": "http", "port": 80],
                    ]
                ], "annotations": ["a": "b"], "service": ["ports": ["www": ["service_port": 80]]],
            ])
            var copy = profile
            copy.id = "acme/copy"
            #expect(try copy.applied(to: workload, at: "modules.web").spec == workload.spec)
        }
    }
}
