import PlatformModel
import PureDrivers

extension PlannedEffects {
    /// What becomes of the manifests and outputs of a driver that makes nothing else: by their names, and of outputs only where something
    /// stood before and stands after.
    package init(from last: DriverResult?, to next: DriverResult?) {
        self.init()
        let before = Self.manifests(last), after = Self.manifests(next)
        for name in Set(before.keys).union(after.keys).sorted() {
            switch (before[name], after[name]) {
            case (nil, _?): add(Effect(name, .create))
            case (_?, nil): add(Effect(name, .delete))
            case (let old?, let new?) where old != new: add(Effect(name, .update))
            default: break
            }
        }
        guard let last, let next else { return }
        var named: Set<String> = []
        for change in next.changes(from: last) {
            let parts = change.path.split(separator: "/", maxSplits: 2).map(String.init)
            guard parts.count > 1, parts[0] == "outputs", named.insert(parts[1]).inserted else { continue }
            add(Effect("output \(parts[1])", Self.action(on: parts[1], last, next)))
        }
    }

    private static func action(on output: String, _ last: DriverResult, _ next: DriverResult) -> Action {
        let has = { (result: DriverResult) in result.values[output] != nil || result.secrets[output] != nil }
        return has(last) ? (has(next) ? .update : .delete) : .create
    }

    /// `ConfigMap settings`, `volumes/0`: what is in a manifest, by the name that people know it by.
    private static func manifests(_ result: DriverResult?) -> [String: [JSON]] {
        Dictionary(grouping: result?.manifests ?? []) { manifest in
            guard let kind = manifest.data["kind"]?.string, let name = manifest.data["metadata"]?["name"]?.string else {
                let name = manifest.data["name"]?.string ?? ""
                return "what it puts into \(manifest.location)" + (name.isEmpty ? "" : " as \(name)")
            }
            return "\(kind) \(name)"
        }
        .mapValues { $0.map(\.data) }
    }
}
