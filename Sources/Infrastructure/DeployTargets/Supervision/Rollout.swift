/// Which replicas of a workload stay, go and come. A pure decision over what stands now.
struct Rollout: Sendable, Hashable {
    /// A replica that stands.
    struct Standing: Sendable, Hashable {
        var name: String
        var revision: String
        var ordinal: Int
        /// Its sandbox and every container were made; a killed attempt may have left less.
        var isWhole: Bool
    }

    /// Whole, of the wanted revision: kept as they are.
    var keep: [Standing] = []
    /// Half made by an attempt that was killed, or too many: taken away first.
    var residue: [Standing] = []
    /// Of other revisions: taken away once the new ones are ready.
    var old: [Standing] = []
    /// The replicas to make.
    var create: [Int] = []

    init(standing: [Standing], revision: String, wanted: Int) {
        for replica in standing.sorted(by: { ($0.ordinal, $0.name) < ($1.ordinal, $1.name) }) {
            if !replica.isWhole {
                residue.append(replica)
            } else if replica.revision != revision {
                old.append(replica)
            } else if replica.ordinal < wanted {
                keep.append(replica)
            } else {
                residue.append(replica)
            }
        }
        let kept = Set(keep.map(\.ordinal))
        create = (0..<wanted).filter { !kept.contains($0) }
    }

    /// The wanted revision stands already, and nothing else.
    var isDone: Bool { residue.isEmpty && old.isEmpty && create.isEmpty }
}
