/// How replicas that nobody waits for take the place of older ones: `deploy.success: deploy` hands a revision over, and the target itself
/// takes the older ones away once the new ones are ready. A pure decision over what stands now; what is asked for stands in labels, so that
/// it survives the runner.
struct Succession: Sendable, Hashable {
    /// A replica that stands.
    struct Standing: Sendable, Hashable {
        /// Unique, also among replicas of one name that different actions made.
        var tag: String
        var revision: String
        /// Its sandbox and every container stand.
        var isWhole: Bool
        var isReady: Bool
        /// How many of its revision are wanted.
        var wanted: Int
        /// The older ones that go once its revision is ready.
        var retires: Set<String>
    }

    /// Whether new replicas may be left to themselves beside older ones: every one that is kept knows of each older one already, and no
    /// older one is to take a kept one's place.
    static func mayGoAlone(kept: [Standing], old: [Standing]) -> Bool {
        let tags = Set(kept.map(\.tag))
        return kept.allSatisfy { one in old.allSatisfy { one.retires.contains($0.tag) } }
            && old.allSatisfy { $0.retires.isDisjoint(with: tags) }
    }

    /// The replicas that go now: those whose successors are all there and ready.
    static func retired(_ standing: [Standing]) -> Set<String> {
        var retired: Set<String> = []
        for replicas in Dictionary(grouping: standing, by: \.revision).values {
            let ready = replicas.filter { $0.isWhole && $0.isReady }
            guard let first = ready.first, ready.count >= max(1, first.wanted) else { continue }
            let named = ready.dropFirst().reduce(first.retires) { $0.intersection($1.retires) }
            retired.formUnion(named.subtracting(replicas.map(\.tag)))
        }
        return retired.intersection(standing.map(\.tag))
    }
}
