import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct ValueHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows who changed which shared values, the newest first.")

    @Option(help: "Only changes of this value.") var key: String?
    @Option(help: ArgumentHelp("Only versions older than this one.", valueName: "version")) var before: String?
    @OptionGroup var level: ValueLevelOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        var query: [(String, String)] = []
        if let key { query.append(("key_changed", key)) }
        if let before { query.append(("before", before)) }
        let versions = try await session.gateway.get(try level.path(session) + "/value-set-versions", query: query)
        session.printer.show(versions) { versions in
            Table(
                titles: ["VERSION", "CREATED", "BY", "WHAT", "CHANGES", "COMMENT"],
                rows: (versions.array ?? []).map { version in
                    [
                        version["id"]?.string ?? "", Noun.time(version["created_at"]), version["created_by"]?.string ?? "",
                        (version["result_of"]?.string ?? "").replacing("_", with: " "),
                        (version["change"]?.array ?? []).map(Self.words).joined(separator: ", "),
                        version["comment"]?.string ?? "",
                    ]
                })
        }
    }

    /// `+KEY`, `~KEY`, `-KEY`.
    private static func words(_ change: JSON) -> String {
        let key = (change["path"]?.string ?? "").dropFirst()
        let mark = ["add": "+", "remove": "-"][change["op"]?.string ?? ""] ?? "~"
        return "\(mark)\(key)" + (change["value"]?["purged"] == true ? " (purged)" : "")
    }
}

struct ValueRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Makes one value, or all of them, what they were in a version.",
        discussion: "With all of them, what the version did not have is deleted, and what was purged since keeps what it has.")

    @Argument(help: "The version, as 'martlet value history' shows it.") var version: String
    @Argument(help: "Only this value.") var key: String?
    @Option(help: "Why.") var comment: String?
    @OptionGroup var level: ValueLevelOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        var path = try level.path(session) + "/value-set-versions/\(HTTPCall.segment(version))/restore"
        if let key { path += "/" + HTTPCall.segment(key) }
        let made = try await session.gateway.send(.post, path, body: ["comment": .string(comment ?? "")])
        let words = try level.words(session)
        session.printer.show(made) { made in
            let count = made["change"]?.array?.count ?? 0
            return "\(words): \(count) \(count == 1 ? "value is" : "values are") as in \(version)\n"
        }
    }
}

struct ValuePurge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge", abstract: "Erases the content that a value had in a version, from the whole history and for good.",
        discussion: """
            For what should never have been there, such as a password in a value that is no secret. Give the value another content first, \
            or delete it. Deployments cannot use such a version any more.
            """)

    @Argument(help: "The version, as 'martlet value history' shows it.") var version: String
    @Argument(help: "The value.") var key: String
    @Option(help: "Why.") var comment: String?
    @Flag(help: "Does not ask.") var yes = false
    @OptionGroup var level: ValueLevelOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let words = try level.words(session)
        session.printer.note("what '\(key)' of \(words) had in \(version), in every version that has it")
        try session.host.confirm("Purge it for good?", yes: yes)
        let path =
            try level.path(session) + "/value-set-versions/\(HTTPCall.segment(version))/purge/\(HTTPCall.segment(key))"
        try await session.gateway.send(.post, path, body: ["comment": .string(comment ?? "")])
        session.printer.done("value \(key) in \(version)", "purged")
    }
}
