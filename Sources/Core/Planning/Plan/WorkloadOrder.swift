import PlatformModel

/// The order in which the workloads that a plan touches are deployed, and why: all that say `deploy.when: before`, then those that say
/// nothing, then all that say `after`; and each after the workloads that it refers to (humanitec.md, workload `deploy`).
package struct WorkloadOrder: Sendable, Hashable {
    /// Why one comes after another.
    package enum Cause: String, Sendable, Hashable, Codable {
        case when = "deploy.when"
        /// By a placeholder, directly or through a resource.
        case reference
    }

    package struct Need: Sendable, Hashable {
        package var workload: String
        package var cause: Cause
    }

    package struct Place: Sendable, Hashable {
        package var workload: String
        /// From 1; those of one round are deployed side by side.
        package var round: Int
        package var condition: DeployCondition
        /// What it waits for, by name; what it refers to before what only comes before it.
        package var after: [Need]
    }

    /// By round, then name.
    package let places: [Place]

    /// - Throws: PLAN-104 for workloads that are to come before what they need.
    package init(_ set: DeploymentSet, _ plan: DeploymentPlan) throws(PlanningError) {
        let touched = Dictionary(
            plan.nodes.compactMap { planned in
                planned.action == .keep ? nil : planned.node.workload.map { ($0, set.modules[$0]?.deploy ?? DeployCondition()) }
            }, uniquingKeysWith: { first, _ in first })
        let references = Self.references(plan)
        var byPhase: [Int: [String]] = [:]
        for (name, condition) in touched { byPhase[Self.phase(condition), default: []].append(name) }
        var needs: [String: [Need]] = [:]
        for (name, condition) in touched {
            let referred = references[name, default: []]
            let earlier = byPhase.filter { $0.key < Self.phase(condition) }.flatMap(\.value).filter { !referred.contains($0) }
            needs[name] =
                referred.sorted().map { Need(workload: $0, cause: .reference) }
                + earlier.sorted().map { Need(workload: $0, cause: .when) }
        }
        let rounds = Self.rounds(needs)
        let stuck = touched.keys.filter { rounds[$0] == nil }.sorted()
        guard stuck.isEmpty else {
            let names = stuck.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
            throw PlanningError([
                Problem(
                    code: "PLAN-104", path: "modules.\(stuck[0]).deploy.when",
                    message:
                        "the order that \(names) ask for contradicts what they need of each other: let those that are needed come "
                        + "first")
            ])
        }
        places = touched.map { name, condition in
            Place(workload: name, round: rounds[name] ?? 1, condition: condition, after: needs[name] ?? [])
        }
        .sorted { ($0.round, $0.workload) < ($1.round, $1.workload) }
    }

    /// Somebody asked for an order, or for another end than to be available.
    package var isAskedFor: Bool {
        places.contains { $0.round > 1 || $0.condition != DeployCondition(timeout: $0.condition.timeout) }
    }

    private static func phase(_ condition: DeployCondition) -> Int {
        switch DeployCondition.When(rawValue: condition.when) {
        case .before: 0
        case .deploy, nil: 1
        case .after: 2
        }
    }

    /// Workload -> the touched ones that it refers to; what is kept stands, and nobody waits for it.
    private static func references(_ plan: DeploymentPlan) -> [String: Set<String>] {
        var reached: [ResourceIdentity: Set<String>] = [:], references: [String: Set<String>] = [:]
        // What a node depends on stands before it.
        for planned in plan.nodes where planned.action != .keep {
            let node = planned.node
            let found = node.dependsOn.reduce(into: Set<String>()) { $0.formUnion(reached[$1] ?? []) }
            if let name = node.workload {
                references[name] = found.subtracting([name])
                reached[node.identity] = [name]
            } else if !found.isEmpty {
                reached[node.identity] = found
            }
        }
        return references
    }

    /// Nothing for those that wait for each other, and for what waits for them.
    private static func rounds(_ needs: [String: [Need]]) -> [String: Int] {
        var open = needs.mapValues(\.count), dependents: [String: [String]] = [:], rounds: [String: Int] = [:]
        for (name, list) in needs { for need in list { dependents[need.workload, default: []].append(name) } }
        var free = open.filter { $0.value == 0 }.map(\.key), round = 1
        while !free.isEmpty {
            var next: [String] = []
            for name in free {
                rounds[name] = round
                for dependent in dependents[name] ?? [] {
                    open[dependent, default: 0] -= 1
                    if open[dependent] == 0 { next.append(dependent) }
                }
            }
            free = next
            round += 1
        }
        return rounds
    }
}

extension DeploymentSet {
    /// What is wrong with what its workloads say of their deployment.
    package var conditionProblems: [Problem] {
        modules.sorted { $0.key < $1.key }.flatMap { name, workload in workload.conditionProblems(at: "modules.\(name).deploy") }
    }
}

extension Workload {
    fileprivate func conditionProblems(at path: String) -> [Problem] {
        guard let deploy else { return [] }
        var problems: [Problem] = []
        func add(_ field: String, _ message: String, _ suggestion: String? = nil) {
            problems.append(Problem(code: "PLAN-114", path: "\(path).\(field)", message: message, suggestion: suggestion))
        }
        let times = DeployCondition.When.allCases.map(\.rawValue), ends = DeployCondition.Success.allCases.map(\.rawValue)
        if !times.contains(deploy.when) {
            add("when", "one of \(times.joined(separator: ", ")) is needed", nearestName(to: deploy.when, among: times))
        }
        if !ends.contains(deploy.success) {
            add("success", "one of \(ends.joined(separator: ", ")) is needed", nearestName(to: deploy.success, among: ends))
        } else if deploy.success == DeployCondition.Success.complete.rawValue, runsOn {
            add(
                "success", "a workload of the profile '\(profile)' runs on and is never complete; 'complete' is for jobs",
                "available")
        }
        if !DeployCondition.timeouts.contains(deploy.timeout) {
            let range = DeployCondition.timeouts
            add("timeout", "a number of seconds from \(range.lowerBound) to \(range.upperBound) is needed, not \(deploy.timeout)")
        }
        return problems
    }

    /// By a profile of ours that is no job.
    private var runsOn: Bool {
        ["default-module", "default-cronjob"].contains(profile.split(separator: "/").last.map(String.init) ?? "")
    }
}
