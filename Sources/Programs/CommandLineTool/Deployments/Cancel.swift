import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Stops a deployment: what waits never begins, what runs is told to stop.",
        discussion: """
            One that waits for its turn ends at once. What stands by then stays, and stays owned: 'martlet retry deployment ID' goes on \
            from there, and so does the next deployment.
            """)

    @Argument(help: "deployment.", completion: .list(["deployment"])) var noun: String
    @Argument(help: "Which one.") var id: String
    @Flag(help: "Waits until it has ended.") var wait = false
    @Option(help: "Seconds to wait.") var timeout = 900
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try RunNoun.check(noun)
        let session = try Session(options)
        let stopped = try await session.gateway.send(.post, try session.deployment(id) + "/cancel")
        try await DeploymentWatch(session).followStop(id, stopped, wait: wait, timeout: timeout)
    }
}

/// What `cancel` and `retry` are about.
enum RunNoun {
    static func check(_ noun: String) throws(CommandFailure) {
        guard ["deployment", "deploy"].contains(noun) else {
            throw .usage("'\(noun.prefix(40))' cannot be cancelled or retried: say 'deployment ID'")
        }
    }
}
