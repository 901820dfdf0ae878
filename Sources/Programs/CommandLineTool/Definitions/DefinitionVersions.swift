import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct DefinitionVersions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions", abstract: "Lists the versions of a definition, newest first.",
        discussion: "Each writing makes one. Deployments take the active one, which is the newest unless another was made active."
    )

    @Argument(help: ArgumentHelp("The definition.", valueName: "id")) var id: String
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let path = "\(try Noun.def.path(session))/\(HTTPCall.segment(id))/versions"
        session.printer.show(try await session.gateway.get(path)) { list in
            Table(
                titles: ["VERSION", "ACTIVE", "DRIVER", "CREATED", "BY"],
                rows: (list.array ?? []).map { version in
                    [
                        version["id"]?.string ?? "", version["active"]?.bool == true ? "yes" : "-",
                        version["driver_type"]?.string ?? "", Noun.time(version["created_at"]),
                        version["created_by"]?.string ?? "",
                    ]
                })
        }
    }
}

struct DefinitionPromote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Makes a version of a definition the active one.",
        discussion: """
            Every environment takes it at its next deployment. 'martlet rollout definition ID --version VERSION' does the same and brings \
            it to the environments, in batches.
            """)

    @Argument(help: ArgumentHelp("The definition.", valueName: "id")) var id: String
    @Argument(help: ArgumentHelp("The version, as 'martlet definition versions' lists it.", valueName: "version"))
    var version: String
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let path = "\(try Noun.def.path(session))/\(HTTPCall.segment(id))/versions/\(HTTPCall.segment(version))"
        try await session.gateway.send(.post, path + "/actions/promote")
        session.printer.done("definition \(id), version \(version)", "active")
    }
}
