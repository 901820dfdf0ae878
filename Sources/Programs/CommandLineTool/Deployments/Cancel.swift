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
    @Argument(help: "Which one; default: the one under way.") var id: String?
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
        let id = if let id { id } else { try await inProgress(session) }
        let stopped = try await session.gateway.send(.post, try session.deployment(id) + "/cancel")
        try await DeploymentWatch(session).followStop(id, stopped, wait: wait, timeout: timeout)
    }

    /// The only deployment that has not ended.
    private func inProgress(_ session: Session) async throws -> String {
        let all = try await session.gateway.get([Deployment].self, try Noun.deploy.path(session))
        let open = all.filter { !$0.status.isEnded }
        guard let one = open.first else { throw CommandFailure(.notFound, "nothing is being deployed there") }
        guard open.count == 1 else {
            throw CommandFailure(
                .usage, "several deployments run or wait: name one", details: open.map { "\($0.id)  \($0.status.rawValue)" })
        }
        return one.id
    }
}

/// What `cancel` and `retry` are about.
enum RunNoun {
    static func isDeployment(_ noun: String) -> Bool { ["deployment", "deploy"].contains(noun) }
}
