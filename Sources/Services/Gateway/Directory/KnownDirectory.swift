import DirectoryClient
import DirectoryRules
import Postgres

/// The people whom Martlet knows, in all organisations, at one moment.
struct KnownDirectory: Sendable {
    /// Person -> organisation -> what is written there.
    private(set) var rows: [String: [String: DirectorySyncStore.PersonRow]] = [:]
    /// Organisation -> the groups that have a role in it.
    private(set) var groupsWithRoles: [String: Set<String>] = [:]
    private var memberships: [String: [String]] = [:]

    static func load(_ pool: PostgresPool) async throws -> KnownDirectory {
        var known = KnownDirectory()
        known.memberships = try await DirectorySyncStore.memberships(pool)
        for org in Set(known.memberships.values.joined()).sorted() {
            let (people, groups) = try await DirectorySyncStore.people(in: org, pool)
            known.groupsWithRoles[org] = groups
            for person in people { known.rows[person.id, default: [:]][org] = person }
        }
        return known
    }

    var people: [KnownPerson] {
        rows.keys.sorted().map { KnownPerson(id: $0, groupsWithRoles: groupsWithRoles(of: $0)) }
    }

    func username(of id: String) -> String { rows[id]?.values.first?.username ?? id }

    func organizations(of id: String) -> [String] { (rows[id] ?? [:]).keys.sorted() }

    private func groupsWithRoles(of id: String) -> Set<String> {
        (rows[id] ?? [:]).reduce(into: []) { found, row in
            found.formUnion(groupsWithRoles[row.key, default: []].intersection(row.value.groups))
        }
    }

    /// Groups that the person is in now and was not when they were last written down, and that have a role somewhere; sorted.
    func gained(_ person: DirectoryPerson) -> [String] {
        let before = (rows[person.id] ?? [:]).values.reduce(into: Set<String>()) { $0.formUnion($1.groups) }
        let withRoles = groupsWithRoles.values.reduce(into: Set<String>()) { $0.formUnion($1) }
        return Set(person.groups).subtracting(before).intersection(withRoles).sorted()
    }

    /// Whether something would be written for the person, as the directory has them now.
    func differs(_ person: DirectoryPerson) throws -> Bool {
        let subject = Subject.user(person.id).reference
        var expected = Set(memberships[subject] ?? [])
        for group in person.groups { expected.formUnion(memberships[try Subject.index(ofGroup: group)] ?? []) }
        let rows = rows[person.id] ?? [:]
        return expected != Set(rows.keys)
            || rows.values.contains {
                $0.username != person.username || $0.name != person.name || $0.email != person.email
                    || $0.groups != person.groups
            }
    }
}
