/// The forms of ids, as the published contract gives them (humanitec.md 1.1).
package enum IdentifierRule: Sendable {
    /// Organisations, definitions, drivers: `^[a-z0-9][a-z0-9-]+[a-z0-9]$`.
    case organization
    /// Applications, environments, environment types: `^[a-z0-9](?:-?[a-z0-9]+)+$`, at most 50 characters.
    case application

    /// The organisation that roles on the appliance itself are kept under: no id of a tenant, and no part of a path.
    package static let appliance = "~appliance"

    package func accepts(_ id: String) -> Bool {
        let bytes = Array(id.utf8)
        func alphanumeric(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
        guard let first = bytes.first, let last = bytes.last, alphanumeric(first), alphanumeric(last),
            bytes.allSatisfy({ alphanumeric($0) || $0 == UInt8(ascii: "-") })
        else { return false }
        switch self {
        case .organization:
            return (3...63).contains(bytes.count)
        case .application:
            return (2...50).contains(bytes.count) && !id.contains("--")
        }
    }

    /// Names that somebody might take for the system's own, in a list of who did what or in a path: nothing new is called so.
    package static let reserved: Set<String> = ["root", "system", "martlet", "nobody", "anonymous", "me", "self"]

    /// Whether something new may have this id.
    package func acceptsNew(_ id: String) -> Bool { accepts(id) && !Self.reserved.contains(id) }

    /// What is wrong with the id of something new.
    package func refusal(of id: String) -> String { Self.reserved.contains(id) ? "the name is reserved" : words }

    /// The rule in words, for an error.
    package var words: String {
        switch self {
        case .organization: "3 to 63 lower-case letters, digits and hyphens, not at either end"
        case .application: "2 to 50 lower-case letters and digits with single hyphens between them"
        }
    }
}
