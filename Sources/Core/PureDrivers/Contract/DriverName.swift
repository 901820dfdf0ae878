import PlatformModel

/// Names of drivers as definitions write them.
package enum DriverName {
    /// Both are the same driver: definitions in the wild name the first.
    package static let prefixes = ["humanitec/", "martlet/"]

    /// The name after the prefix: `echo` of `humanitec/echo`, and of its older name `humanitec/static`. Nil without such a prefix.
    package static func own(_ type: String) -> String? {
        guard let prefix = prefixes.first(where: { type.hasPrefix($0) }) else { return nil }
        let name = String(type.dropFirst(prefix.utf8.count))
        return name == "static" ? "echo" : name
    }
}
