import AuditRules
import DirectoryClient
import DirectoryRules
import Logging
import PlatformModel
import Postgres
import ServiceAPI

/// Brings what the directory says into the organisations: who a person is there, and whether they hold a role there still.
struct DirectoryDesk: Sendable {
    let pool: PostgresPool
    let recent: RecentPrincipals
    let directory: Directory
    let logger: Logger
    /// How old the directory's word on somebody with a session may be.
    let checkSeconds: Int
    /// How old its word on everyone may be.
    let syncSeconds: Int
    let alarm = DirectoryAlarm()

    var sync: DirectorySync { DirectorySync(desk: self) }

    /// Writes the person into every organisation in which they or their groups hold a role, and out of the others.
    /// - Parameter marks: Whether it is written down that the directory was asked; a sign-in does that with the session.
    /// - Returns: Those organisations, sorted.
    func apply(_ person: DirectoryPerson, marks: Bool = true) async throws -> [String] {
        let subject = Subject.user(person.id)
        var organizations: [String] = []
        for org in try await candidates(person) {
            // Nearly every time nothing has changed.
            let (holdsRole, isChanged) = try await pool.withOrg(org) { transaction in
                var isChanged = try await InvitationDesk.accept(for: person, in: org, transaction, logger)
                let grants =
                    try await RoleStore.grants(of: subject.reference, transaction)
                    + RoleStore.grants(ofGroups: person.groups, transaction)
                guard !grants.isEmpty else {
                    if try await UserStore.delete(id: person.id, transaction) { isChanged = true }
                    if try await RoleStore.removeMembership(of: subject.reference, in: org, transaction) { isChanged = true }
                    if isChanged { try await transaction.audit(Self.entry("directoryLeave", subject, in: org)) }
                    return (false, isChanged)
                }
                if try await UserStore.upsert(person, in: org, transaction) { isChanged = true }
                if try await RoleStore.addMembership(of: subject.reference, in: org, transaction) { isChanged = true }
                if isChanged {
                    try await transaction.audit(Self.entry("directoryUpdate", subject, in: org, groups: person.groups))
                }
                return (true, isChanged)
            }
            if isChanged { recent.forgetAll() }
            if holdsRole { organizations.append(org) }
        }
        if marks { try await UserStore.markChecked([subject.reference], pool) }
        return organizations
    }

    /// Where the person may hold a role, by themselves, by a group, or by an invitation; sorted.
    private func candidates(_ person: DirectoryPerson) async throws -> [String] {
        try await RoleStore.organizations(
            of: [Subject.user(person.id).reference] + person.groups.map { try Subject.index(ofGroup: $0) }
                + InvitationStore.addresses(of: person).map { try InvitationStore.index(of: $0) }, pool)
    }

    /// The same at a sign-in, which writes down itself that the directory was asked: groups that the person seems to have left, and that
    /// show nobody any more, are not left.
    func admit(_ person: DirectoryPerson) async throws -> Admission {
        let present = try await candidates(person)
        // Nearly every time nothing has changed anywhere: then no transaction is needed.
        var held: [String: RoleStore.Held] = [:]
        for org in present {
            guard let place = try await UserStore.settled(person, in: org, pool) else { break }
            held[org] = place
        }
        if held.count == present.count { return Admission(organizations: present, held: held) }
        return Admission(organizations: try await admitChanged(person))
    }

    private func admitChanged(_ person: DirectoryPerson) async throws -> [String] {
        let left = try await groupsLeft(by: person)
        guard !left.isEmpty else { return try await apply(person, marks: false) }
        var person = person
        if try await DirectorySyncStore.hold(of: Subject.user(person.id).reference, pool) == "left" {
            person.groups = Set(person.groups).union(left).sorted()
        } else {
            let kept = await sights(of: left).filter { $0.value != .hasMembers }.keys
            person.groups = Set(person.groups).union(kept).sorted()
        }
        return try await apply(person, marks: false)
    }

    /// Where somebody who signs in is.
    struct Admission: Sendable {
        /// Sorted.
        var organizations: [String]
        /// Of those, what is known already.
        var held: [String: RoleStore.Held] = [:]
    }

    /// Ends a person's sessions and what they have by groups; what was given to them by name is worth nothing while they are away.
    func remove(_ id: String) async throws {
        let subject = Subject.user(id).reference
        defer { recent.forgetAll() }
        try await TokenStore.deleteSessions(of: subject, pool)
        for org in try await RoleStore.organizations(of: [subject], pool) {
            try await pool.withOrg(org) { transaction in
                guard try await UserStore.delete(id: id, transaction) else { return }
                try await transaction.audit(Self.entry("directoryRemove", .user(id), in: org))
            }
        }
        try await UserStore.markChecked([subject], pool)
    }

    /// What the directory's word changes in an organisation.
    private static func entry(_ action: String, _ subject: Subject, in org: String, groups: [String] = []) -> AuditEntry {
        AuditEntry(
            orgID: org, actor: "room:gateway", action: action, requestID: RequestTrace.id, object: subject.reference,
            details: groups.isEmpty ? [:] : ["groups": .array(groups.prefix(50).map { .string($0) })])
    }

    // MARK: Asking

    func lookUp(_ people: [String]) async -> [String: DirectoryAnswer<DirectoryPerson>] {
        await withTaskGroup(of: (String, DirectoryAnswer<DirectoryPerson>).self) { group in
            for id in people { group.addTask { (id, await directory.lookUp(id: id)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// What the directory shows of groups that somebody seems to have left.
    func sights(of groups: Set<String>) async -> [String: GroupSight] {
        var sights: [String: GroupSight] = [:]
        for group in groups.sorted() {
            switch await directory.seesMembers(ofGroup: group) {
            case .found(true): sights[group] = .hasMembers
            case .found(false), .notFound: sights[group] = .isEmpty
            case .unknown(let reason): sights[group] = .unknown(reason)
            }
        }
        return sights
    }

    /// The groups by which a person has a role, and which the directory no longer names.
    private func groupsLeft(by person: DirectoryPerson) async throws -> Set<String> {
        var left: Set<String> = []
        for org in try await RoleStore.organizations(of: [Subject.user(person.id).reference], pool) {
            left.formUnion(try await pool.withOrg(org) { try await DirectorySyncStore.groupsWithRoles(of: person.id, $0) })
        }
        return left.subtracting(person.groups)
    }

    // MARK: Again and again

    /// Asks about a person again when the last answer is older than allowed.
    func checkWhenDue(_ id: String) async throws {
        let reference = Subject.user(id).reference
        // A request waits for it: a directory that is away delays it once, and not at each step.
        guard alarm.isWorthAsking(id), try await UserStore.isDue(reference, afterSeconds: checkSeconds, pool) else { return }
        let answer = await directory.lookUp(id: id)
        alarm.heard(id, isClear: answer.isKnown)
        guard try await settle(id, answer), try await synchronise(afterSeconds: 0) else { return }
        try await UserStore.markChecked([reference], pool)
    }

    /// Asks about those with a session whose last answer is too old; a batch at a time.
    func checkAllDue() async throws {
        let due = try await UserStore.dueForCheck(afterSeconds: checkSeconds, limit: 500, pool)
        var people = due.compactMap { reference -> String? in
            if case .user(let id)? = Subject(reference) { id } else { nil }
        }.shuffled()[...]
        var losing: [String] = []
        while !people.isEmpty {
            let answers = await lookUp(Array(people.prefix(8)))
            people = people.dropFirst(8)
            var settled: [String] = []
            for (id, answer) in answers where answer.isKnown {
                alarm.heard(id, isClear: true)
                if try await settle(id, answer, marks: false) {
                    losing.append(Subject.user(id).reference)
                } else {
                    settled.append(Subject.user(id).reference)
                }
            }
            try await UserStore.markChecked(settled, pool)
            if let reason = answers.values.lazy.compactMap(\.reason).first { complain(reason) }
            // The directory is away: nobody is asked about in vain.
            guard answers.values.contains(where: \.isKnown) else { break }
        }
        // What one person loses is judged beside what everyone else would lose.
        guard !losing.isEmpty, try await synchronise(afterSeconds: 0) else { return }
        // Whose loss waits for a confirmation is not asked about again at once.
        try await UserStore.markChecked(losing, pool)
    }

    /// Goes through everyone, unless the last time was a moment ago or somebody is at it.
    /// - Returns: Whether it was done.
    @discardableResult
    func synchronise(afterSeconds seconds: Int) async throws -> Bool {
        guard try await DirectorySyncStore.claim(afterSeconds: seconds, pool) else { return false }
        do { _ = try await sync.run() } catch {
            try? await DirectorySyncStore.release(pool)
            throw error
        }
        return true
    }

    /// Writes down what the directory says of a person, when that takes nothing from them.
    /// - Parameter marks: Whether it is written down that the directory was asked.
    /// - Returns: Whether it would take something: then nothing is written.
    private func settle(
        _ id: String, _ answer: DirectoryAnswer<DirectoryPerson>, marks: Bool = true
    ) async throws -> Bool {
        let subject = Subject.user(id).reference
        switch answer {
        case .found(let person) where person.disabled == nil:
            guard try await groupsLeft(by: person).isEmpty else { return true }
            _ = try await apply(person, marks: marks)
            return false
        case .found, .notFound:
            for org in try await RoleStore.organizations(of: [subject], pool)
            where try await pool.withOrg(org, { try await UserStore.exists(id: id, $0) }) {
                return true
            }
            // A session of somebody who has nothing anywhere.
            try await remove(id)
            return false
        case .unknown(let reason):
            complain(reason)
            return false
        }
    }

    private func complain(_ reason: String) {
        guard alarm.mayComplain() else { return }
        logger.warning("the directory gives no clear answer; nothing is changed", metadata: ["reason": "\(reason)"])
    }
}
