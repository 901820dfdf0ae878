import PlatformModel
import Testing

@testable import Planning

@Suite struct SetComparisonTests {
    private static func set(_ text: String) throws -> DeploymentSet {
        try JSON.parse(Array(text.utf8)).decode(DeploymentSet.self)
    }

    private static let first = #"""
        {"modules": {
           "web": {"profile": "humanitec/default-module", "spec": {"containers": {"main": {"image": "web:1", "args": ["a"]}}},
                   "externals": {"db": {"type": "postgres"}, "old": {"type": "redis"}}},
           "gone": {"profile": "humanitec/default-module", "spec": {}, "externals": {}}},
         "shared": {"front": {"type": "dns"}, "same": {"type": "s3"}}}
        """#
    private static let second = #"""
        {"modules": {
           "web": {"profile": "humanitec/default-module", "spec": {"containers": {"main": {"image": "web:2", "args": ["a"]}}},
                   "externals": {"db": {"type": "postgres", "class": "large"}}},
           "new": {"profile": "humanitec/default-job", "spec": {}, "externals": {"queue": {"type": "amqp"}}}},
         "shared": {"front": {"type": "dns", "params": {"zone": "a"}}, "same": {"type": "s3"}}}
        """#

    @Test func everyDifferenceIsNamedOnce() throws {
        let comparison = SetComparison(from: try Self.set(Self.first), to: try Self.set(Self.second))
        let lines = comparison.entries.map { entry in
            ([entry.kind.rawValue, entry.name, entry.type ?? "-", entry.change.rawValue] + entry.fields.map(\.description))
                .joined(separator: " ")
        }
        #expect(
            lines == [
                "workload gone - removed", "workload new - added",
                #"workload web - changed /spec/containers/main/image: "web:1" -> "web:2""#,
                "resource modules.new.externals.queue amqp added",
                #"resource modules.web.externals.db postgres changed /class: nothing -> "large""#,
                "resource modules.web.externals.old redis removed",
                #"resource shared.front dns changed /params/zone: nothing -> "a""#,
            ])
        // As an answer of the command line, and back.
        #expect(try JSON(encoding: comparison).decode(SetComparison.self) == comparison)
    }

    @Test func aSetIsTheSameAsItself() throws {
        for text in [Self.first, Self.second, "{}", #"{"modules": {}, "shared": {}}"#] {
            guard let set = try? Self.set(text) else { continue }
            #expect(SetComparison(from: set, to: set).isEmpty)
        }
        let numbers = try ["1", "1.0"].map {
            try Self.set(#"{"modules": {"a": {"profile": "p", "spec": {"n": \#($0)}, "externals": {}}}, "shared": {}}"#)
        }
        #expect(SetComparison(from: numbers[0], to: numbers[1]).isEmpty)
    }

    /// What a comparison does not name is the same, so an empty one means equal sets.
    @Test func anEmptyComparisonIsAnEmptyDelta() throws {
        let sets = try [Self.set(Self.first), Self.set(Self.second), DeploymentSet()]
        for from in sets {
            for to in sets { #expect(SetComparison(from: from, to: to).isEmpty == DeltaContent.diff(from: from, to: to).isEmpty) }
        }
    }
}

@Suite struct PromotionTests {
    private static func workload(_ image: String, _ variables: JSON = [:]) -> Workload {
        Workload(
            profile: "humanitec/default-module",
            spec: ["containers": ["main": ["image": .string(image), "variables": variables]]])
    }

    private static let source = DeploymentSet(
        modules: [
            "web": workload("web:2", ["HOST": "${shared.front.host}", "NOT": "$\\{shared.other.host}"]), "api": workload("api:2"),
            "new": workload("new:1"),
        ],
        shared: [
            "front": ResourceRequest(type: "dns", params: ["zone": "a"]), "other": ResourceRequest(type: "s3"),
        ])
    private static let target = DeploymentSet(
        modules: ["web": workload("web:1"), "api": workload("api:1"), "old": workload("old:1")],
        shared: ["front": ResourceRequest(type: "dns"), "kept": ResourceRequest(type: "redis")])

    @Test func everythingMakesTheTargetEqual() throws {
        let promotion = Promotion(from: Self.source, to: Self.target)
        #expect(try promotion.ofEverything.applied(to: Self.target) == Self.source)
        #expect(Promotion(from: Self.source, to: Self.source).ofEverything.isEmpty)
    }

    @Test func oneWorkloadBringsOnlyWhatItRefersTo() throws {
        let made = try Promotion(from: Self.source, to: Self.target).of(workloads: ["web"]).applied(to: Self.target)
        var wanted = Self.target
        wanted.modules["web"] = Self.source.modules["web"]
        wanted.shared["front"] = Self.source.shared["front"]
        #expect(made == wanted)
    }

    @Test func oneThatTheSourceHasNoMoreGoes() throws {
        let made = try Promotion(from: Self.source, to: Self.target).of(workloads: ["old", "new"]).applied(to: Self.target)
        #expect(made.modules.keys.sorted() == ["api", "new", "web"] && made.modules["api"] == Self.target.modules["api"])
        #expect(made.shared == Self.target.shared)
    }

    @Test func aNameThatNeitherHasIsToldWithTheNearest() throws {
        #expect {
            _ = try Promotion(from: Self.source, to: Self.target).of(workloads: ["wep", "api", "xyzzy"])
        } throws: { error in
            let problems = (error as? DeltaError)?.problems ?? []
            return problems.map(\.code) == ["DELTA-105", "DELTA-105"] && problems.first?.suggestion == "web"
        }
    }
}
