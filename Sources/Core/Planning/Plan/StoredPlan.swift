import PlatformModel

extension DeploymentPlan {
    /// A plan as it was stored, by this version or by one that did not yet write what changes, what goes and what it was made from.
    package init(stored document: JSON) throws(JSONError) {
        var document = document
        if document["basis"] == nil {
            document["removals"] = []
            document["basis"] = try JSON(encoding: PlanBasis(set: "", graph: "", values: "", resources: ""))
            document["nodes"] = .array(
                (document["nodes"]?.array ?? []).map { planned in
                    var planned = planned
                    planned["changes"] = []
                    planned["node"]?["sharedValues"] = []
                    return planned
                })
        }
        self = try document.decode(DeploymentPlan.self)
    }
}
