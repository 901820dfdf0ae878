/// What the directory says about one person whom Martlet knows.
package enum SyncFinding: Sendable, Hashable {
    /// With the groups they are in now, normalised.
    case found(groups: Set<String>)
    /// The account is there and may not be used.
    case barred(String)
    /// The search worked and found nobody.
    case gone
    /// No answer, half an answer, or one that makes no sense.
    case unknown(String)
}

/// What the directory says about one group that somebody seems to have left.
package enum GroupSight: Sendable, Hashable {
    /// It is there, with somebody in it: whoever is not in it has left it.
    case hasMembers
    /// It is not there, or shows no members: it was emptied, or this account may not look any more.
    case isEmpty
    case unknown(String)
}

/// A person as Martlet has them.
package struct KnownPerson: Sendable, Hashable {
    package var id: String
    /// The groups of theirs that give a role somewhere, normalised.
    package var groupsWithRoles: Set<String>

    package init(id: String, groupsWithRoles: Set<String>) {
        self.id = id
        self.groupsWithRoles = groupsWithRoles
    }
}
