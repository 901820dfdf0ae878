import Planning
import PlatformModel
import Testing

/// T51: placeholders that lead back to themselves, in circles, to ten thousand places. What is counted is work, not time.
@Suite struct HostilePlaceholderTests {
    /// `t0 -> t1 -> ... -> t0`, each by a placeholder of its definition.
    private static func circle(_ count: Int) -> [ResourceDefinition] {
        (0..<count).map { number in
            Samples.definition(
                "d\(number)", "t\(number)", values: ["x": .string("${resources.t\((number + 1) % count).outputs.x}")])
        }
    }

    @Test("T51: a circle of any length is one error, which names each member once, in order", arguments: [1, 2, 100])
    func circles(_ count: Int) throws {
        let set = DeploymentSet(shared: ["x": ResourceRequest(type: "t0")])
        let problems = Samples.problems(set, Self.circle(count))
        let problem = try #require(problems.first)
        #expect(problems.count == 1 && problem.code == "PLAN-104")
        let members = (0...count).map { "t\($0 % count).default#shared.x" }
        #expect(problem.message.contains(": \(members.joined(separator: " -> "));"), "\(problem.message.prefix(300))")
    }

    @Test("T51: a circle of ten thousand is told in a message that somebody can read")
    func aCircleOfTenThousand() throws {
        let set = DeploymentSet(shared: ["x": ResourceRequest(type: "t0")])
        let problems = Samples.problems(set, Self.circle(10_000))
        #expect(problems.map(\.code) == ["PLAN-104"])
        let message = try #require(problems.first?.message)
        #expect(message.utf8.count < 10_000 && message.contains("t0.default#shared.x -> t1.") && message.contains(" more)"))
    }

    @Test("T51: a Score file whose params lead back to themselves")
    func paramsOfAScoreFile() {
        let own = DeploymentSet(
            modules: ["w": Samples.workload(externals: ["a": ResourceRequest(type: "t", params: ["p": "${externals.a.x}"])])])
        let definitions = [Samples.definition("t", "t")]
        #expect(Samples.problems(own, definitions).map(\.code) == ["PLAN-104"])
        let two = DeploymentSet(
            modules: [
                "w": Samples.workload(externals: [
                    "a": ResourceRequest(type: "t", params: ["p": "${externals.b.x}"]),
                    "b": ResourceRequest(type: "t", params: ["p": "${externals.a.x}"]),
                ])
            ])
        let problems = Samples.problems(two, definitions)
        #expect(problems.map(\.code) == ["PLAN-104"])
        #expect(
            problems.first?.message.contains("#modules.w.externals.a -> t.default#modules.w.externals.b -> t.default") == true)
    }

    /// Ten times as many placeholders are ten times as many edges, looks and bytes.
    @Test("T51: ten thousand resources that one leads to, each followed once", arguments: [1000, 10_000])
    func fanOut(_ count: Int) throws {
        let names = (0..<count).map { "r\($0)" }
        let text = names.map { "${shared.\($0).x}" }.joined()
        var shared = Dictionary(uniqueKeysWithValues: names.map { ($0, ResourceRequest(type: "leaf")) })
        shared["hub"] = ResourceRequest(type: "hub", params: ["all": .string(text)])
        let graph = try GraphBuilder.build(
            set: DeploymentSet(shared: shared), context: Samples.development,
            definitions: [Samples.definition("leaf", "leaf"), Samples.definition("hub", "hub")])
        #expect(graph.nodes.count == count + 1)
        #expect(graph.nodes.reduce(0) { $0 + $1.dependsOn.count } == count, "an edge for each placeholder, and no other")
        let hub = try #require(graph.nodes.last)
        let scope = Looks()
        let resolved = try PlaceholderResolver.resolve(hub.params, in: scope, place: "hub")
        #expect(scope.count == count)
        #expect(resolved.document["all"]?.string?.utf8.count == count * Looks.text.utf8.count)
    }

    /// What a value holds is a text, however much it looks like one of ours, and whatever stands beside it.
    @Test(
        "T51: what came out of a value is never read again",
        arguments: ["${a.b}", "x${a.b}y", "${a.b}${a.b}", "$${a.b}", "${a.b}}"])
    func nested(_ text: String) throws {
        let scope = Looks()
        var document: JSON = ["k": .string(text)]
        let looks = text.components(of: "${a.b}")
        document = try PlaceholderResolver.resolve(document, in: scope, place: "once").document
        #expect(scope.count == looks)
        #expect(document["k"]?.string == text.replacing("${a.b}", with: Looks.text))
    }
}

/// Answers everything with a text full of our own syntax, and counts.
private final class Looks: PlaceholderScope {
    static let text = #"${resources.db.outputs.password} ${values.X} $\{y} {{ .driver.secrets }}"#
    private(set) var count = 0

    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
        count += 1
        return ResolvedDocument(.string(Self.text))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
