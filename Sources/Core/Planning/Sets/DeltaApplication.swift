import PlatformModel

extension DeltaContent {
    /// The set that this change makes of another one (humanitec.md 1.3). Within the delta, removals come first, then
    /// additions (which replace a workload of that name), then updates, each rooted at its workload; `shared` at the shared object.
    ///
    /// To remove what is not there is no problem: the result is what was asked for, and merged deltas stay applicable.
    package func applied(to set: DeploymentSet) throws(DeltaError) -> DeploymentSet {
        var result = set
        var problems: [Problem] = []
        for name in modules.remove { result.modules[name] = nil }
        for (name, workload) in modules.add { result.modules[name] = workload }
        for (name, operations) in modules.update.sorted(by: { $0.key < $1.key }) {
            let path = "modules.\(name)"
            guard let workload = result.modules[name] else {
                problems.append(
                    Problem(
                        code: "DELTA-101", path: path, message: "is updated, but the set has no such workload",
                        suggestion: nearestName(to: name, among: result.modules.keys)))
                continue
            }
            guard let document = Self.patch(workload.document, operations, path: path, &problems) else { continue }
            if let updated = Workload(document: document, path: path, problems: &problems) { result.modules[name] = updated }
        }
        if !shared.isEmpty {
            let before = JSON.object(result.shared.mapValues(\.document))
            if let document = Self.patch(before, shared, path: "shared", &problems) {
                result.shared = Self.requests(document, &problems)
            }
        }
        guard problems.isEmpty else { throw DeltaError(problems) }
        return result
    }

    private static func patch(
        _ document: JSON, _ operations: [PatchOperation], path: String, _ problems: inout [Problem]
    ) -> JSON? {
        do {
            return try document.applying(operations)
        } catch {
            problems.append(Problem(code: "DELTA-102", path: path, message: error.description))
            return nil
        }
    }

    private static func requests(_ document: JSON, _ problems: inout [Problem]) -> [String: ResourceRequest] {
        guard let members = document.object else {
            problems.append(Problem(code: "DELTA-103", path: "shared", message: "an object is needed, not a \(document.kind)"))
            return [:]
        }
        var requests: [String: ResourceRequest] = [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            requests[name] = ResourceRequest(document: value, path: "shared.\(name)", problems: &problems)
        }
        return requests
    }
}
