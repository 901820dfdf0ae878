import PlatformModel

extension DeltaContent {
    /// This change, which was made for one set, as a change for another set that came of the same: what it changes is changed there
    /// too, and what changed there meanwhile stays.
    ///
    /// - Throws: every place that both changed, each in its own way (DELTA-104), or why the delta does not apply to `base`.
    package func rebased(from base: DeploymentSet, onto other: DeploymentSet) throws(DeltaError) -> DeltaContent {
        let target = try applied(to: base)
        var merge = SetMerge()
        let modules = merge.members(
            base.modules.mapValues(\.document), target.modules.mapValues(\.document), other.modules.mapValues(\.document),
            ["modules"])
        let shared = merge.members(
            base.shared.mapValues(\.document), target.shared.mapValues(\.document), other.shared.mapValues(\.document), ["shared"]
        )
        var merged = DeploymentSet(), problems = merge.problems
        for (name, document) in modules where problems.isEmpty {
            merged.modules[name] = Workload(document: document, path: "modules.\(name)", problems: &problems)
        }
        for (name, document) in shared where problems.isEmpty {
            merged.shared[name] = ResourceRequest(document: document, path: "shared.\(name)", problems: &problems)
        }
        guard problems.isEmpty else { throw DeltaError(problems) }
        return .diff(from: other, to: merged)
    }
}

/// Lays two changes of one document over each other.
private struct SetMerge {
    private(set) var problems: [Problem] = []

    mutating func members(
        _ base: [String: JSON], _ mine: [String: JSON], _ theirs: [String: JSON], _ path: [String]
    ) -> [String: JSON] {
        var merged: [String: JSON] = [:]
        for key in Set(base.keys).union(mine.keys).union(theirs.keys).sorted() {
            merged[key] = value(base[key], mine[key], theirs[key], path + [key])
        }
        return merged
    }

    /// Nil is no value at all.
    private mutating func value(_ base: JSON?, _ mine: JSON?, _ theirs: JSON?, _ path: [String]) -> JSON? {
        if isSame(mine, theirs) || isSame(theirs, base) { return mine }
        if isSame(mine, base) { return theirs }
        switch (base ?? [:], mine, theirs) {
        case (.object(let base), .object(let mine)?, .object(let theirs)?):
            return .object(members(base, mine, theirs, path))
        case (.array(let base), .array(let mine)?, .array(let theirs)?)
        where base.count == mine.count && base.count == theirs.count:
            return .array(base.indices.map { value(base[$0], mine[$0], theirs[$0], path + [String($0)]) ?? .null })
        default:
            problems.append(
                Problem(
                    code: "DELTA-104", path: path.joined(separator: "."),
                    message: "is \(shown(mine)) in this delta and \(shown(theirs)) in the set that it is put on; both were "
                        + "\(shown(base)): decide, and change the delta"))
            return theirs
        }
    }

    private func isSame(_ left: JSON?, _ right: JSON?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSame(as: right)
    }

    private func shown(_ value: JSON?) -> String {
        guard let text = value?.canonical else { return "absent" }
        return text.unicodeScalars.count <= 100 ? text : String(text.unicodeScalars.prefix(100)) + "..."
    }
}
