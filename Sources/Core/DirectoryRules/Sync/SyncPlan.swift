/// What a synchronisation with the directory would take from whom, and what of it is held back until somebody confirms it.
///
/// Anything that the directory did not say clearly takes nothing from anyone.
package struct SyncPlan: Sendable, Hashable {
    package enum Cause: Sendable, Hashable {
        case gone
        case barred(String)
        /// Left these groups, which give roles; sorted.
        case left([String])
    }

    package enum Hold: Sendable, Hashable {
        /// The directory shows nobody at all: this account may not look any more, or looks in the wrong place.
        case nobodyVisible
        /// These groups show no members at all; sorted.
        case groupsEmpty([String])
        /// The directory was asked about these groups and did not answer clearly; sorted.
        case groupsUnknown([String])
        /// More people at once than is usual.
        case many
    }

    package struct Loss: Sendable, Hashable {
        package var person: String
        package var cause: Cause
        /// nil: it is done at once.
        package var hold: Hold?
    }

    /// Sorted by person.
    package private(set) var losses: [Loss]
    /// People about whom there was no clear answer, with the reason; they keep what they have.
    package private(set) var unknown: [String: String]

    package var held: [Loss] { losses.filter { $0.hold != nil } }

    /// What an administrator confirms: the same text for the same losses.
    package var confirmation: String {
        held.map { loss in
            switch loss.cause {
            case .gone: "\(loss.person) gone"
            case .barred: "\(loss.person) disabled"
            case .left(let groups): "\(loss.person) left \(groups.joined(separator: ";"))"
            }
        }.joined(separator: "\n")
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - people: Everyone whom Martlet knows: what is usual is measured against all of them.
    ///   - findings: By person; whoever is not in it was not asked about, and is unknown.
    ///   - sights: Of each group that somebody left; one that is not in it is unknown.
    ///   - anybodyVisible: Whether a search for people finds anybody at all; nil when that is not known.
    package init(
        people: [KnownPerson], findings: [String: SyncFinding], sights: [String: GroupSight], anybodyVisible: Bool?,
        rule: MassRemovalRule = MassRemovalRule()
    ) {
        var losses: [Loss] = [], unknown: [String: String] = [:]
        for person in people.sorted(by: { $0.id < $1.id }) {
            switch findings[person.id] ?? .unknown("was not asked about") {
            case .unknown(let reason): unknown[person.id] = reason
            case .barred(let reason): losses.append(Loss(person: person.id, cause: .barred(reason), hold: nil))
            case .gone:
                if let anybodyVisible {
                    losses.append(Loss(person: person.id, cause: .gone, hold: anybodyVisible ? nil : .nobodyVisible))
                } else {
                    unknown[person.id] = "it is not known whether the directory shows anybody"
                }
            case .found(let groups):
                let left = person.groupsWithRoles.subtracting(groups).sorted()
                guard !left.isEmpty else { continue }
                losses += Self.losses(of: person.id, left, sights)
            }
        }
        let falling = Set(losses.filter { $0.hold == nil }.map(\.person)).count
        if rule.isMass(falling, of: people.count) {
            losses = losses.map { Loss(person: $0.person, cause: $0.cause, hold: $0.hold ?? .many) }
        }
        self.losses = losses
        self.unknown = unknown
    }

    /// One loss for the groups that are seen to have others in them, and one for those that are not.
    private static func losses(of person: String, _ left: [String], _ sights: [String: GroupSight]) -> [Loss] {
        var believed: [String] = [], empty: [String] = [], silent: [String] = []
        for group in left {
            switch sights[group] {
            case .hasMembers: believed.append(group)
            case .isEmpty: empty.append(group)
            case .unknown, nil: silent.append(group)
            }
        }
        let all: [([String], Hold?)] = [(believed, nil), (empty, .groupsEmpty(empty)), (silent, .groupsUnknown(silent))]
        return all.filter { !$0.0.isEmpty }.map { Loss(person: person, cause: .left($0.0), hold: $0.1) }
    }
}
