import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Stops a deployment or a deletion: what waits never begins, what runs is told to stop.",
        discussion: """
            One that waits for its turn ends at once. What stands by then stays, and stays owned: 'martlet retry deployment ID' goes on \
            from there, and so does the next deployment.
            'martlet cancel deletion' stops the deletion of the environment of --env; with an ID any of 'martlet get deletions'. What is \
            gone stays gone; the environment is in use again, and what it shows says what stands. Deleting it again goes on.
            """)

    @Argument(help: "deployment or deletion.", completion: .list(["deployment", "deletion"])) var noun: String
    @Argument(help: "Which one; of a deletion default: the one under way.") var id: String?
    @Flag(help: "Waits until it has ended.") var wait = false
    @Option(help: "Seconds to wait.") var timeout = 900
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        if ["deletion", "deletions"].contains(noun) {
            return try await DeletionStop(session: session, timeout: .seconds(timeout)).cancel(id, wait: wait)
        }
        guard RunNoun.isDeployment(noun) else {
            throw CommandFailure.usage("'\(noun.prefix(40))' cannot be cancelled: say 'deployment ID' or 'deletion'")
        }
        guard let id else { throw CommandFailure.usage("which deployment? 'martlet get deploys' lists them") }
        let stopped = try await session.gateway.send(.post, try session.deployment(id) + "/cancel")
        try await DeploymentWatch(session).followStop(id, stopped, wait: wait, timeout: timeout)
    }
}

/// What `cancel` and `retry` are about.
enum RunNoun {
    static func isDeployment(_ noun: String) -> Bool { ["deployment", "deploy"].contains(noun) }
}
