import PlatformModel

/// What a workload declares stands before it is deployed, also where nothing refers to it.
extension GraphBuilder {
    /// One edge that nobody wrote.
    struct DeclaredNeed {
        var workload: Int
        var resource: Int
    }

    /// Ties each workload to all resources that it declares. What is written goes first: a resource that itself needs the workload, at
    /// any distance, comes after it.
    mutating func needDeclared() {
        var missing: [DeclaredNeed] = []
        for (name, declared) in grammar.names.externals.sorted(by: { $0.key < $1.key }) {
            guard let workload = numbers[PlaceholderSource.workload(name).own] else { continue }
            for resource in Set(declared.values.compactMap { numbers[$0] }).sorted()
            where !drafts[workload].dependsOn.contains(resource) {
                missing.append(DeclaredNeed(workload: workload, resource: resource))
            }
        }
        guard !missing.isEmpty else { return }
        let needing = needingWorkloads()
        for need in missing where !needing[need.resource] || !leads(need.resource, to: need.workload) {
            drafts[need.workload].dependsOn.insert(need.resource)
            declaredNeeds.append(need)
        }
    }

    /// A selector may find what turns one round.
    mutating func withdrawCircularNeeds() {
        guard !declaredNeeds.isEmpty else { return }
        let needing = needingWorkloads()
        for need in declaredNeeds where needing[need.resource] && leads(need.resource, to: need.workload) {
            drafts[need.workload].dependsOn.remove(need.resource)
        }
    }

    /// What must stand before who depends on `number` does; companions come to be among it (`spreadToDependents`).
    private func needs(of number: Int) -> [Int] { Array(drafts[number].dependsOn) + drafts[number].forDependents }

    private func leads(_ start: Int, to end: Int) -> Bool {
        var seen: Set<Int> = [start], left = [start]
        while let number = left.popLast() {
            if number == end { return true }
            for next in needs(of: number) where seen.insert(next).inserted { left.append(next) }
        }
        return false
    }

    /// By number: whether it needs any workload. Few do, and only for them is a walk worth its time.
    private func needingWorkloads() -> [Bool] {
        var dependents: [[Int]] = Array(repeating: [], count: drafts.count)
        for number in drafts.indices {
            for need in needs(of: number) { dependents[need].append(number) }
        }
        var needing = Array(repeating: false, count: drafts.count)
        var left = drafts.indices.filter { drafts[$0].identity.workload != nil }
        while let number = left.popLast() {
            for dependent in dependents[number] where !needing[dependent] {
                needing[dependent] = true
                left.append(dependent)
            }
        }
        return needing
    }
}
