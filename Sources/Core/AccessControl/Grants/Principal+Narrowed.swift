import PlatformModel

extension Principal {
    /// The roles that decide about this target and, where it names no application, about any in its organisation: every decision comes
    /// out as with all of them. Somebody may hold a role on each of ten thousand applications, and a request about one carries one.
    package func narrowed(to target: AccessTarget) -> Principal {
        var narrowed = self
        if orgRole == .administrator {
            // What their role allows needs no other, and it allows whatever roles on applications do.
            narrowed.appRoles = [:]
        } else if let app = target.appID {
            narrowed.appRoles = [:]
            narrowed.appRoles[app] = appRoles[app]
        }
        // A role on another application makes a member, too.
        if let orgID, belongs(to: orgID), !narrowed.belongs(to: orgID), let other = appRoles.first {
            narrowed.appRoles = [other.key: other.value]
        }
        return narrowed
    }
}
