import DirectoryClient
import DirectoryRules
import ServiceAPI

extension DirectorySync.Outcome {
    /// What an administrator is told.
    /// - Parameter isConfirmed: What waited was done.
    func report(dryRun: Bool, isConfirmed: Bool = false) -> DirectorySyncReport {
        let losses = plan.losses.map { loss -> DirectorySyncReport.Change in
            var change = change(loss.person, .left)
            switch loss.cause {
            case .gone: change.kind = .gone
            case .barred(let reason): (change.kind, change.reason) = (.disabled, reason)
            case .left(let groups): change.groups = groups
            }
            if !isConfirmed { change.waitsBecause = loss.hold?.words }
            return change
        }
        let gains = found.sorted { $0.key < $1.key }.compactMap { id, answer -> DirectorySyncReport.Change? in
            guard case .found(let person) = answer, person.disabled == nil else { return nil }
            let groups = known.gained(person)
            guard !groups.isEmpty else { return nil }
            var change = change(id, .joined)
            change.groups = groups
            return change
        }
        return DirectorySyncReport(
            dryRun: dryRun, people: known.rows.count, unknown: plan.unknown.count,
            unknownReason: plan.unknown.values.filter { $0 != "was not asked about" }.min(), changes: losses + gains,
            confirmation: isConfirmed ? nil : confirmation)
    }

    private func change(_ id: String, _ kind: DirectorySyncReport.Change.Kind) -> DirectorySyncReport.Change {
        .init(
            user: Subject.user(id).reference, username: known.username(of: id), organizations: known.organizations(of: id),
            kind: kind)
    }
}
