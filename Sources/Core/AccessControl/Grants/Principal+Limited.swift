import PlatformModel

extension Principal {
    /// These roles, as far as they are also worth something in the other's hands: no action is allowed to the result that is not
    /// allowed to both.
    ///
    /// Organisation roles are no chain (a manager reads no application, an org viewer invites nobody), so two different ones meet in
    /// `member`, which each of them includes.
    package func limited(to other: Principal) -> Principal {
        var limited = self
        guard let orgID, belongs(to: orgID), other.belongs(to: orgID) else {
            limited.orgID = nil
            limited.orgRole = nil
            limited.appRoles = [:]
            limited.envTypeRoles = [:]
            return limited
        }
        if other.orgRole == .administrator { return self }
        if orgRole == .administrator {
            limited.orgRole = other.orgRole
            limited.appRoles = other.appRoles
            limited.envTypeRoles = other.envTypeRoles
            return limited
        }
        limited.orgRole = orgRole == other.orgRole ? orgRole : .member
        limited.appRoles = [:]
        for app in Set(appRoles.keys).union(other.appRoles.keys) {
            guard let mine = role(onApplication: app), let theirs = other.role(onApplication: app) else { continue }
            limited.appRoles[app] = Self.weaker(mine, theirs)
        }
        limited.envTypeRoles = envTypeRoles.filter { other.envTypeRoles[$0.key] == $0.value }
        if limited.orgRole == nil, limited.appRoles.isEmpty, limited.envTypeRoles.isEmpty { limited.orgRole = .member }
        return limited
    }

    /// What is held there, with what the organisation's role gives on every application.
    private func role(onApplication id: String) -> AppRole? {
        appRoles[id] ?? (orgRole == .orgViewer ? .viewer : nil)
    }

    /// Roles are declared weakest first.
    private static func weaker(_ left: AppRole, _ right: AppRole) -> AppRole {
        AppRole.allCases.first { $0 == left || $0 == right } ?? left
    }
}
