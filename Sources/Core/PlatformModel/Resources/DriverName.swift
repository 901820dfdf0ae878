/// Names of drivers as definitions write them.
package enum DriverName {
    /// Both are the same driver: definitions in the wild name the first.
    package static let prefixes = ["humanitec/", "martlet/"]

    /// What Martlet has, or hands to a program of the organisation's; every other driver of the reference is refused by name.
    package static let builtIn = [
        "container", "echo", "exec", "http", "postgres", "postgres-instance", "route", "template",
        "terraform",
    ]

    /// The name after the prefix: `echo` of `humanitec/echo`, and of its older name `humanitec/static`. Definitions in the wild leave the
    /// prefix out, too (`template`). Nil for a driver of somebody else's.
    package static func own(_ type: String) -> String? {
        let name: String
        if let prefix = prefixes.first(where: { type.utf8.starts(with: $0.utf8) }) {
            name = String(Substring(type.utf8.dropFirst(prefix.utf8.count)))
        } else {
            guard !type.holds(UInt8(ascii: "/")) else { return nil }
            name = type
        }
        return name == "static" ? "echo" : name
    }

    /// One name for all spellings of a driver: `echo` for ours, the whole type for somebody else's.
    package static func common(_ type: String) -> String { own(type) ?? type }

    /// Whether a type names a driver of the reference, or none at all, that Martlet does not have.
    package static func isMissing(_ type: String) -> Bool { own(type).map { !builtIn.contains($0) } ?? false }
}
