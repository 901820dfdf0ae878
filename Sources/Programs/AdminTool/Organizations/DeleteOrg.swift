import ArgumentParser
import Glibc
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

struct DeleteOrg: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Deletes an organisation, for good.",
        discussion: """
            Shows what would go, and asks for the id. While environments stand it is refused, unless --with-everything says that they go, \
            too: workloads, then resources with their data, dependents first; then secrets, values, logs, roles, tokens. The audit log \
            stays. It goes on by itself wherever it is interrupted; given again, this command shows what is left.
            """)

    @OptionGroup var options: AdminOptions
    @Argument(help: "The organisation's id.") var id: String
    @Flag(help: "Also what its environments run, with all data.") var withEverything = false
    @Flag(help: "Does not ask.") var yes = false
    @Flag(help: "Waits until it is gone.") var wait = false

    func run() async throws {
        let orchestrator = try Org.orchestrator(options)
        let contents: OrganizationContents = try await orchestrator.call(.get, Org.path(id, "/contents"))
        StandardError.write(
            """
            The organisation '\(id)' has \(contents.applications) applications, \(contents.environments) environments, \
            \(contents.workloads) workloads, \(contents.resources) resources, \(contents.definitions) definitions and \
            \(contents.values) shared values.

            """)
        for obstacle in contents.obstacles { StandardError.write("  still stands: \(obstacle.withoutControls)\n") }
        if !yes {
            StandardError.write(
                "All of it goes for good, with its people's roles, its tokens and its logs. Type its id to go on: ")
            guard readLine() == id else {
                StandardError.write("nothing is deleted\n")
                throw ExitCode(1)
            }
        }
        let query = withEverything ? [("with_everything", "true")] : []
        let picture: OrganizationPicture = try await orchestrator.call(.delete, Org.path(id), query: query)
        guard wait else { return print(Org.show(picture)) }
        while true {
            do throws(RoomError) { _ = try await orchestrator.call(.get, Org.path(id)) as OrganizationPicture } catch {
                guard error.status == 404 else { throw error }
                return print("\(id) is deleted")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}
