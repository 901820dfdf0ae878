import PlatformModel

/// A volume of the spec as a PodSpec has it, without its name.
enum PodVolume {
    private static let projections = ["configMap", "secret", "downwardAPI", "serviceAccountToken"]

    /// Volumes may be written as in Kubernetes, or as `{type: emptyDir, source: {...}}`, as the feature `humanitec/volumes` of the
    /// reference's profiles has them. What is projected from a ConfigMap comes from the workload's own where it names none.
    static func kubernetes(_ volume: JSON, workload: String) -> JSON {
        guard var members = volume.object, let type = members.removeValue(forKey: "type")?.string else { return volume }
        guard type == "projected", members["source"] == nil, members["sources"] == nil else {
            let source = members.removeValue(forKey: "source")
            return .object([type: source ?? .object(members)])
        }
        let sources = projections.compactMap { kind -> JSON? in
            guard var projected = members.removeValue(forKey: kind) else { return nil }
            if kind == "configMap", projected["name"] == nil { projected["name"] = .string("\(workload)-configmap") }
            return .object([kind: projected])
        }
        members["sources"] = .array(sources)
        return .object([type: .object(members)])
    }
}
