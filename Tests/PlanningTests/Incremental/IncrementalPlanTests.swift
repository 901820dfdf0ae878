import Planning
import PlatformModel
import TestSupport
import Testing

/// What an incremental deployment leaves behind is what a full one from nothing would have made, whatever happened before.
struct IncrementalPlanTests {
    @Test func incrementalEqualsFull() throws {
        var tally = Tally()
        for seed in 0..<110 {
            var platform = RandomPlatform(seed: UInt64(seed)), chance = SplitMix(seed: UInt64(seed))
            var environment = SimulatedEnvironment()
            var before: NaiveEvaluator?, owed: Set<ResourceIdentity> = []
            for day in 0..<6 {
                if day > 0 { platform.change() }
                let place = "seed \(seed), day \(day)"
                guard let judge = try judge(platform, &environment, &tally, place) else {
                    (before, owed) = (nil, [])
                    continue
                }
                let isBadDay = Int.random(in: 0..<4, using: &chance) == 0
                var failed: Set<ResourceIdentity> = []
                let (plan, done, succeeded) = try environment.deploy(platform) { identity in
                    guard isBadDay, Int.random(in: 0..<5, using: &chance) == 0 else { return false }
                    failed.insert(identity)
                    return true
                }
                tally.count(plan, judge, platform)
                if let before { #expect(done.isSubset(of: touched(from: before, to: judge)), "\(place): only what changed") }
                guard succeeded else {
                    (before, owed) = (nil, failed)
                    continue
                }
                #expect(owed.filter { judge.nodes[$0] != nil }.isSubset(of: done), "\(place): what failed is done again")
                compare(environment, plan, judge, place)
                let again = try environment.deploy(platform)
                #expect(again.done.isEmpty, "\(place): nothing is left to do")
                (before, owed) = (judge, [])
            }
        }
        print(tally)
        #expect(tally.counts.allSatisfy { $0.value > 0 }, "\(tally)")
    }

    /// Nil where there is nothing to make: then planning must refuse for the same reason.
    private func judge(
        _ platform: RandomPlatform, _ environment: inout SimulatedEnvironment, _ tally: inout Tally, _ place: String
    ) throws -> NaiveEvaluator? {
        do {
            return try NaiveEvaluator(platform.set, platform.definitions, values: platform.values)
        } catch let refusal as NaiveEvaluator.Refusal {
            let error = #expect(throws: PlanningError.self, "\(place)") { try environment.deploy(platform) }
            let problems = error?.problems ?? []
            switch refusal {
            case .disagreeing(let identity):
                tally.counts["disagreeing params", default: 0] += 1
                #expect(
                    problems.allSatisfy { $0.code == "PLAN-103" } && problems.contains { $0.path == "\(identity)" }, "\(place)")
            case .circle(let edges):
                tally.counts["circles", default: 0] += 1
                #expect(!problems.isEmpty && problems.allSatisfy { $0.code == "PLAN-104" }, "\(place): \(problems)")
                for problem in problems { expectCircle(problem.message, edges, place) }
            }
            return nil
        }
    }

    /// Every member that a message names depends on the next, and the last on the first.
    private func expectCircle(_ message: String, _ edges: [ResourceIdentity: Set<ResourceIdentity>], _ place: String) {
        let byName = Dictionary(uniqueKeysWithValues: edges.keys.map { ($0.description, $0) })
        let list = message.split(separator: ";")[0].split(separator: ": ", maxSplits: 1)[1]
        let members = list.replacing(" -> ", with: "\n").split(separator: "\n").map { byName[String($0)] }
        #expect(members.count >= 2 && members.first == members.last && !members.contains(nil), "\(place): \(message)")
        for (one, next) in zip(members, members.dropFirst()) {
            guard let one, let next else { continue }
            #expect(edges[one]?.contains(next) == true, "\(place): \(one) does not depend on \(next)")
        }
    }

    private func compare(
        _ environment: SimulatedEnvironment, _ plan: DeploymentPlan, _ judge: NaiveEvaluator, _ place: String
    ) {
        #expect(Set(plan.nodes.map(\.node.identity)) == Set(judge.nodes.keys), "\(place)")
        for node in plan.nodes.map(\.node) {
            let identity = node.identity, wanted = judge.nodes[identity]
            #expect(Set(node.dependsOn) == wanted?.needs, "\(place): edges of \(identity)")
            #expect(node.definitionID == wanted?.definition?.id ?? "", "\(place): \(identity)")
            guard !node.isPassThrough, let known = environment.resources[identity], let inputs = known.inputs else { continue }
            #expect(SimulatedEnvironment.readable(inputs) == judge.inputs[identity], "\(place): inputs of \(identity)")
            #expect(known.resource.defVersionID == wanted?.definition?.versionID, "\(place): \(identity)")
            var outputs = judge.outputs[identity] ?? .null
            outputs["s"] = nil
            #expect(known.resource.resource == outputs, "\(place): outputs of \(identity)")
        }
        #expect(environment.specs == judge.workloads, "\(place)")
    }

    /// What differs from one day to the next, and all that depends on it.
    private func touched(from old: NaiveEvaluator, to new: NaiveEvaluator) -> Set<ResourceIdentity> {
        var touched = Set(
            new.nodes.filter { identity, node in
                guard let before = old.nodes[identity] else { return true }
                let written = (node.params?.pieces ?? []) + node.own.values.flatMap(\.pieces)
                let values = written.compactMap { if case .value(let key) = $0 { key } else { nil } }
                return before.definition != node.definition || before.params != node.params || before.needs != node.needs
                    || values.contains { old.values[$0] != new.values[$0] }
            }.keys)
        var count = -1
        while touched.count > count {
            count = touched.count
            for (identity, node) in new.nodes where !node.needs.isDisjoint(with: touched) { touched.insert(identity) }
        }
        return touched
    }
}

/// What the platforms had in them.
private struct Tally: CustomStringConvertible {
    var counts: [String: Int] = [
        "graphs": 0, "shared ids": 0, "match_dependents": 0, "selectors A>B": 0, "selectors A<B": 0, "disagreeing params": 0,
        "circles": 0, "kept": 0, "created": 0, "updated": 0, "replaced": 0, "unused": 0, "workloads removed": 0,
    ]

    var description: String {
        "incremental plans: " + counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    mutating func count(_ plan: DeploymentPlan, _ judge: NaiveEvaluator, _ platform: RandomPlatform) {
        func add(_ name: String, _ isThere: Bool) { if isThere { counts[name, default: 0] += 1 } }
        let asked = plan.names.externals.values.flatMap { Set($0.values) }
        add("graphs", true)
        add("shared ids", Dictionary(grouping: asked, by: { $0 }).contains { $0.value.count > 1 })
        add(
            "match_dependents",
            judge.nodes.values.contains { $0.definition?.provision.values.contains(where: \.matchDependents) == true })
        let selections = plan.nodes.flatMap { $0.node.selections.filter { !$0.value.isEmpty }.keys }
        add("selectors A>B", selections.contains { $0.contains(">") })
        add("selectors A<B", selections.contains { $0.contains("<") })
        add("kept", plan.nodes.contains { $0.action == .keep })
        add("created", plan.nodes.contains { $0.action == .create })
        add("updated", plan.nodes.contains { $0.action == .update })
        add("replaced", plan.nodes.contains { $0.action == .replace })
        add("unused", !plan.unused.isEmpty)
        add("workloads removed", !plan.removedWorkloads.isEmpty)
    }
}
