import PlatformModel

/// The dependencies that the rules of an `ingress` name without placeholders: `ingress.rules.externals.front`.
enum IngressRules {
    /// Sorted.
    static func dependencies(of spec: JSON) -> [Placeholder] {
        (spec["ingress"]?["rules"]?.object ?? [:]).keys.sorted().compactMap(VolumeMounts.dependency(_:))
    }
}
