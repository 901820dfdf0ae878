import PlatformModel

/// The names of service users: one form only, so that no two of them look alike.
enum ServiceUserName {
    /// Taken for the system's own in lists of who did what.
    private static let reserved: Set<String> = ["root", "system", "martlet", "nobody", "anonymous"]

    static func accepts(_ name: String) -> Bool { IdentifierRule.organization.accepts(name) && !reserved.contains(name) }

    static func refusal(of name: String) -> String {
        reserved.contains(name)
            ? "'\(name)' is reserved"
            : "'\(name)' is no name of a service user: \(IdentifierRule.organization.words)"
    }
}
