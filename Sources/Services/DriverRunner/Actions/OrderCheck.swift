import PlatformModel
import ServiceAPI

/// Whether an order makes sense, before anything is kept of it.
enum OrderCheck {
    /// - Throws: `RUN-001` with everything that is wrong.
    static func check(_ key: ActionKey, _ request: ActionRequest) throws(ErrorBody) {
        var wrong: [String] = []
        let environment = request.environment
        for (name, value) in [
            ("orgID", environment.orgID), ("appID", environment.appID), ("envID", environment.envID), ("grant", request.grant),
        ] where value.isEmpty {
            wrong.append("\(name): must not be empty")
        }
        switch request.work {
        case .resource(let work):
            if ![.provision, .destroy].contains(key.verb) {
                wrong.append(misfit(key.verb, "resources", "provision and destroy"))
            }
            if work.guResID.isEmpty { wrong.append("guResID: must not be empty") }
            wrong += problems(of: work.inputs)
        case .workload(let work):
            if ![.deploy, .remove].contains(key.verb) { wrong.append(misfit(key.verb, "workloads", "deploy and remove")) }
            if work.workloadID.isEmpty { wrong.append("workloadID: must not be empty") }
            if key.verb == .deploy, work.objects.isEmpty { wrong.append("objects: a deployed workload has some") }
            if key.verb == .deploy, work.timeoutSeconds < 1 {
                wrong.append("timeoutSeconds: at least 1, not \(work.timeoutSeconds)")
            }
            if let success = work.success, DeployCondition.Success(rawValue: success) == nil {
                let known = DeployCondition.Success.allCases.map(\.rawValue)
                wrong.append("success: one of \(known.joined(separator: ", ")), not '\(success.prefix(40))'")
            }
        case .environment:
            if key.verb != .remove { wrong.append(misfit(key.verb, "environments", "remove")) }
        }
        guard wrong.isEmpty else { throw ErrorBody(error: "RUN-001", message: "\(key): " + wrong.joined(separator: "; ")) }
    }

    /// The inputs of a driver: an object of objects.
    private static func problems(of inputs: JSON) -> [String] {
        guard case .object(let members) = inputs else { return ["inputs: an object is needed, not \(inputs.kind)"] }
        let names = ["params", "values", "secrets"]
        return members.keys.sorted().filter { !names.contains($0) }.map { name in
            let near =
                nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? "known are \(names.joined(separator: ", "))"
            return "inputs.\(name): not a member of it; \(near)"
        }
    }

    private static func misfit(_ verb: ActionVerb, _ things: String, _ verbs: String) -> String {
        "verb: \(verb.rawValue) is not for \(things), which know \(verbs)"
    }
}
