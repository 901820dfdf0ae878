import Cryptography
import DirectoryClient
import DirectoryRules
import Logging
import PlatformModel
import Postgres
import ServiceRuntime

/// Asks the directory about everyone, and takes from them what it clearly says is gone; more than that only when somebody confirms it.
struct DirectorySync: Sendable {
    /// So many questions at a time. When all of them are unknown, the rest is not asked: the directory is away.
    private static let width = 8

    let desk: DirectoryDesk
    var pool: PostgresPool { desk.pool }
    var directory: Directory { desk.directory }
    var logger: Logger { desk.logger }

    /// What is to be taken, by whom it is taken, and what waits.
    struct Outcome: Sendable {
        var plan: SyncPlan
        var known: KnownDirectory
        var found: [String: DirectoryAnswer<DirectoryPerson>]
        /// What an administrator repeats to confirm what waits; nil when nothing does.
        var confirmation: String?
    }

    /// Looks, and changes nothing.
    func look() async throws -> Outcome {
        let known = try await KnownDirectory.load(pool), people = known.people
        let found = try await ask(about: people.map(\.id))
        let findings = found.mapValues { answer -> SyncFinding in
            switch answer {
            case .found(let person): person.disabled.map(SyncFinding.barred) ?? .found(groups: Set(person.groups))
            case .notFound: .gone
            case .unknown(let reason): .unknown(reason)
            }
        }
        var left: Set<String> = [], isSomebodyGone = false
        for person in people {
            switch findings[person.id] {
            case .found(let groups): left.formUnion(person.groupsWithRoles.subtracting(groups))
            case .gone: isSomebodyGone = true
            default: break
            }
        }
        var anybodyVisible: Bool?
        if isSomebodyGone, case .found(let visible) = await directory.seesAnybody() { anybodyVisible = visible }
        let plan = SyncPlan(
            people: people, findings: findings, sights: await desk.sights(of: left), anybodyVisible: anybodyVisible)
        let digest = plan.held.isEmpty ? nil : Hexadecimal.encode(try Digest.sha256(Array(plan.confirmation.utf8)))
        return Outcome(plan: plan, known: known, found: found, confirmation: digest.map { String($0.prefix(16)) })
    }

    /// Does it.
    /// - Parameter confirmation: Of what waits, as a look has told it: then it waits no longer.
    /// - Throws: 409 when something else waits than what is confirmed.
    func run(confirming confirmation: String? = nil) async throws -> Outcome {
        let outcome = try await look()
        if let confirmation, confirmation != outcome.confirmation {
            throw HTTPFailure.conflict(
                "what waits for a confirmation is not what was confirmed: look again with martlet-admin ldap sync --dry-run")
        }
        let isConfirmed = confirmation != nil
        let falling = outcome.plan.losses.filter { $0.hold == nil || isConfirmed }
        for loss in falling where !loss.cause.isLeaving {
            try await desk.remove(loss.person)
            logger.notice(
                "the directory says that a person may not come in any more; their sessions and roles end",
                metadata: ["subject": "\(Subject.user(loss.person).reference)", "cause": "\(loss.cause.word)"])
        }
        let kept = isConfirmed ? [] : outcome.plan.held
        try await update(outcome, keeping: kept)
        let holds = Dictionary(kept.map { (Subject.user($0.person).reference, $0.cause.word) }) { first, _ in first }
        let isNews = try await DirectorySyncStore.record(
            people: outcome.known.rows.count, unknown: outcome.plan.unknown.count, holds: holds,
            digest: isConfirmed ? nil : outcome.confirmation, pool)
        desk.alarm.set(holds.count)
        if isNews { alert(kept, outcome) }
        return outcome
    }

    /// People whom the directory still names: their names and groups, with the groups that are not taken yet.
    private func update(_ outcome: Outcome, keeping kept: [SyncPlan.Loss]) async throws {
        var groups: [String: Set<String>] = [:]
        for case (let person, .left(let left)) in kept.map({ ($0.person, $0.cause) }) {
            groups[person, default: []].formUnion(left)
        }
        var clear: [String] = []
        for (id, answer) in outcome.found {
            guard case .found(var person) = answer, person.disabled == nil else { continue }
            person.groups = Set(person.groups).union(groups[id] ?? []).sorted()
            if try outcome.known.differs(person) { _ = try await desk.apply(person) }
            clear.append(Subject.user(id).reference)
        }
        try await UserStore.markChecked(clear, pool)
    }

    private func alert(_ kept: [SyncPlan.Loss], _ outcome: Outcome) {
        let reasons = Set(kept.compactMap { $0.hold?.words }).sorted().joined(separator: "; ")
        logger.error(
            "the directory would take access from people in an unusual way; nobody loses anything until it is confirmed",
            metadata: [
                "people": "\(Set(kept.map(\.person)).count) of \(outcome.known.rows.count)", "reason": "\(reasons)",
                "remedy":
                    "look with martlet-admin ldap sync --dry-run; if the directory is right: martlet-admin ldap sync --confirm-removals",
            ])
    }

    private func ask(about people: [String]) async throws -> [String: DirectoryAnswer<DirectoryPerson>] {
        var found: [String: DirectoryAnswer<DirectoryPerson>] = [:]
        // In no order: whoever gives no clear answer each time must not stand before the others.
        var rest = people.shuffled()[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.width)
            rest = rest.dropFirst(part.count)
            let answers = await desk.lookUp(Array(part))
            found.merge(answers) { $1 }
            try Task.checkCancellation()
            guard answers.values.contains(where: \.isKnown) else { break }
        }
        return found
    }
}

extension DirectoryAnswer {
    var isKnown: Bool { if case .unknown = self { false } else { true } }

    /// Why there was no clear answer.
    var reason: String? { if case .unknown(let reason) = self { reason } else { nil } }
}

extension SyncPlan.Cause {
    var isLeaving: Bool { if case .left = self { true } else { false } }

    var word: String {
        switch self {
        case .gone: "gone"
        case .barred: "disabled"
        case .left: "left"
        }
    }
}

extension SyncPlan.Hold {
    var words: String {
        switch self {
        case .nobodyVisible: "the directory shows nobody at all"
        case .groupsEmpty(let groups): "these groups show no members at all: \(groups.joined(separator: "; "))"
        case .groupsUnknown(let groups): "there is no clear answer about these groups: \(groups.joined(separator: "; "))"
        case .many: "so many people at once are not usual"
        }
    }
}
