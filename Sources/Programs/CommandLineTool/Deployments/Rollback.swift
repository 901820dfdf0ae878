import ArgumentParser

/// `martlet env rollback` of the environment that --env names.
struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Deploys what an earlier deployment had.", discussion: EnvironmentRollback.discussion)

    @Argument(help: "The deployment to go back to.") var deployID: String?
    @OptionGroup var rollback: EnvironmentRollback

    func run() async throws { try await rollback.run(try Session(rollback.options), to: deployID) }
}
