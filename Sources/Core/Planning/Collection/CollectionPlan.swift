import PlatformModel

/// What a collection of unused resources would destroy, and what stays and why (architecture.md section 3): a resource goes when it has
/// been unused for the whole of a safety window, holds no data, and nothing that stays depends on it. One that holds data goes only when
/// it is named.
package struct CollectionPlan: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package var resource: UnusedResource
        package var isCollected: Bool
        package var reason: String
    }

    /// What goes comes first, dependents before what they depend on.
    package var lines: [Line]

    package var collected: [UnusedResource] { lines.filter(\.isCollected).map(\.resource) }

    /// - Parameters:
    ///   - standing: everything that stands, with what it depends on: what is in use keeps what it needs.
    ///   - named: resources whose data may go.
    ///   - window: milliseconds that a resource must have been unused for.
    package static func make(
        unused: [UnusedResource], standing: [(identity: ResourceIdentity, dependsOn: [ResourceIdentity])],
        named: Set<ResourceIdentity>, window: Int64, now: Timestamp
    ) -> CollectionPlan {
        var users: [ResourceIdentity: [ResourceIdentity]] = [:]
        for one in standing { for need in one.dependsOn { users[need, default: []].append(one.identity) } }
        var kept: [ResourceIdentity: String] = [:]
        let sorted = unused.sorted { $0.identity < $1.identity }
        for one in sorted { kept[one.identity] = objection(to: one, named: named, window: window, now: now) }
        // Each round takes what nothing that is left needs.
        var gone: Set<ResourceIdentity> = [], order: [UnusedResource] = []
        var left = sorted.filter { kept[$0.identity] == nil }
        while true {
            let free = left.filter { one in users[one.identity, default: []].allSatisfy(gone.contains) }
            guard !free.isEmpty else { break }
            order += free
            gone.formUnion(free.map(\.identity))
            left.removeAll { gone.contains($0.identity) }
        }
        for one in left {
            let user = users[one.identity, default: []].sorted().first { !gone.contains($0) }
            kept[one.identity] = "\(user.map { "\($0)" } ?? "something"), which stays, depends on it"
        }
        return CollectionPlan(
            lines: order.map { one in
                let data = one.holdsData == false ? "" : "; it is named, and its data goes"
                return Line(
                    resource: one, isCollected: true,
                    reason: "nothing has asked for it since \(one.since.map { "\($0)" } ?? "-")\(data)")
            }
                + sorted.compactMap { one in
                    kept[one.identity].map { Line(resource: one, isCollected: false, reason: $0) }
                })
    }

    /// Why a resource stays whatever depends on it; nil when it may go.
    private static func objection(
        to one: UnusedResource, named: Set<ResourceIdentity>, window: Int64, now: Timestamp
    ) -> String? {
        guard let since = one.since else { return "since when it is unused is noted by the next deployment" }
        let end = since.milliseconds + window
        if now.milliseconds < end {
            return "unused since \(since); collected from \(Timestamp(milliseconds: end)) on"
        }
        if named.contains(one.identity) { return nil }
        switch one.holdsData {
        case false?: return nil
        case true?: return "holds data: it goes only when it is named"
        case nil:
            return "whether it holds data is not known (\(one.doubt ?? "its driver does not say")): it goes only when it is named"
        }
    }
}
