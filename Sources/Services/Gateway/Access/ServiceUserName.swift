import PlatformModel

/// The names of service users: one form only, so that no two of them look alike.
enum ServiceUserName {
    static func accepts(_ name: String) -> Bool { IdentifierRule.organization.acceptsNew(name) }

    static func refusal(of name: String) -> String {
        "'\(name)' is no name of a service user: \(IdentifierRule.organization.refusal(of: name))"
    }
}
