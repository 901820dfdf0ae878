import PlatformModel

/// A member that the spec of a workload may have, as Martlet has it (contract: WorkloadProfileFeatureResponse).
package struct SpecFeature: Sendable, Hashable {
    /// `humanitec/annotations`.
    package let id: String
    package let schema: JSON

    private static let texts: JSON = ["type": "object", "additionalProperties": ["type": "string"]]
    private static let map: JSON = ["type": "object"]
    private static let words: JSON = ["type": "array", "items": ["type": "string"]]

    package static let all: [SpecFeature] =
        ([
            "annotations": texts, "labels": texts, "replicas": ["type": "integer", "minimum": 0, "maximum": 1000],
            "service": map, "ingress": map, "volumes": map, "pod": map, "deployment": map, "job": map, "cronjob": map,
            "schedules": map, "service-account": ["type": "string"], "image": ["type": "string"], "command": words,
            "args": words, "variables": map, "files": map, "volume-mounts": map, "probe": map,
            "resources": [
                "type": "object",
                "properties": ["limits": map, "requests": map], "additionalProperties": false,
            ],
        ] as [String: JSON])
        .map { SpecFeature(id: "humanitec/\($0.key)", schema: $0.value) }.sorted { $0.id < $1.id }

    /// By its name, with its prefix or without, in either spelling of `service_account`.
    static func schema(of name: String) -> JSON? {
        let bare = name.split(separator: "/").last.map(String.init) ?? name
        let wanted = "humanitec/" + bare.replacing("_", with: "-")
        return all.first { $0.id == wanted }?.schema
    }
}
