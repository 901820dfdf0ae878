import ArgumentParser
import PlatformModel

struct LDAPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ldap", abstract: "The directory: what is found there, and what follows from it.",
        subcommands: [LDAPCheck.self, LDAPSync.self])
}

enum AdminOutput: String, ExpressibleByArgument, CaseIterable {
    case text, json

    /// One document on standard output.
    static func write(_ value: some Encodable) throws { print(try JSON(encoding: value).canonical) }
}
