import Testing

@testable import DirectoryRules

@Suite struct GroupClosureTests {
    /// Runs a closure over a graph: group -> the groups it is in.
    private func closure(
        of first: [String], in graph: [String: [String]], limit: Int = 1000, depth: Int = 32, batch: Int = 2
    ) throws(GroupClosure.Failure) -> (groups: [String], searches: Int) {
        var closure = GroupClosure(limit: limit, depth: depth, batch: batch), searches = 0
        try closure.add(first)
        while true {
            let part = try closure.next()
            guard !part.isEmpty else { return (closure.groups, searches) }
            searches += 1
            try closure.add(part.flatMap { graph[$0] ?? [] })
        }
    }

    @Test func t21NestedGroups() throws {
        let graph = ["cn=a": ["cn=b", "CN=C"], "cn=b": ["cn=d"], "CN=C": ["cn=d"], "cn=d": [], "cn=other": ["cn=secret"]]
        #expect(try closure(of: ["cn=a"], in: graph).groups == ["cn=a", "cn=b", "cn=c", "cn=d"])
        #expect(try closure(of: [], in: graph).groups == [])
    }

    @Test func t21CirclesEnd() throws {
        let graph = ["cn=a": ["cn=b"], "cn=b": ["cn=c"], "cn=c": ["cn=a", "cn=c"]]
        let result = try closure(of: ["cn=b"], in: graph)
        #expect(result.groups == ["cn=a", "cn=b", "cn=c"] && result.searches == 3)
    }

    @Test func t21TheBoundsHold() {
        let wide = ["cn=a": (0..<50).map { "cn=g\($0)" }]
        #expect(throws: GroupClosure.Failure.tooMany(50)) { try closure(of: ["cn=a"], in: wide, limit: 50) }
        #expect(throws: Never.self) { try closure(of: ["cn=a"], in: wide, limit: 51) }
        let deep = Dictionary(uniqueKeysWithValues: (0..<40).map { ("cn=g\($0)", ["cn=g\($0 + 1)"]) })
        #expect(throws: GroupClosure.Failure.tooDeep(32)) { try closure(of: ["cn=g0"], in: deep) }
        #expect(throws: GroupClosure.Failure.noName("x")) { try closure(of: ["x"], in: [:]) }
        #expect(throws: GroupClosure.Failure.noName("")) { try closure(of: [""], in: [:]) }
    }

    /// Every random graph gives what a plain walk gives, with each group asked about once.
    @Test func t21AsAPlainWalk() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let count = Int.random(in: 1...30, using: &random)
            var graph: [String: [String]] = [:]
            for index in 0..<count {
                graph["cn=g\(index)"] = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    "cn=g\(Int.random(in: 0..<count, using: &random))"
                }
            }
            var reached: Set<String> = [], open = ["cn=g0"]
            while let one = open.popLast() { if reached.insert(one).inserted { open += graph[one] ?? [] } }
            let result = try closure(of: ["cn=g0"], in: graph)
            #expect(Set(result.groups) == reached && result.searches <= reached.count)
        }
    }
}

@Suite struct RangedAttributeTests {
    @Test(arguments: [
        ("member;range=0-1499", "member", "member;range=1500-*"), ("member;Range=1500-2999", "member", "member;range=3000-*"),
        ("member;range=3000-*", "member", nil), ("member;binary;range=0-1", "member;binary", "member;binary;range=2-*"),
    ]) func t21Parts(_ text: String, _ name: String, _ next: String?) {
        #expect(RangedAttribute(text)?.name == name)
        #expect(RangedAttribute(text)?.next == next)
    }

    @Test(arguments: [
        "member", "member;binary", "member;range=", "member;range=1", "member;range=2-1", "member;range=a-b", "member;range=-1-3",
        "member;range=0-9223372036854775807", "",
    ]) func whatIsNoRange(_ text: String) { #expect(RangedAttribute(text) == nil) }
}
