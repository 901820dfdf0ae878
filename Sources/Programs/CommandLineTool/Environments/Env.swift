import ArgumentParser

struct Env: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Creates, clones, promotes, compares, rolls back and deletes environments.",
        discussion: """
            What environments share is their set: workloads and the resources that they ask for. Data and secrets are each environment's \
            own, and never go along.
            """,
        subcommands: [
            EnvCreate.self, EnvClone.self, EnvPromote.self, EnvDiff.self, EnvRollback.self, EnvDelete.self,
        ])
}

struct EnvCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Creates an environment, empty or from what another one runs.")

    @OptionGroup var creation: EnvironmentCreation

    func run() async throws { try await creation.run() }
}

struct EnvRollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Deploys what an earlier deployment of an environment had.",
        discussion: EnvironmentRollback.discussion)

    @Argument(help: ArgumentHelp("The environment.", valueName: "env")) var id: String
    @Option(help: ArgumentHelp("The deployment to go back to.", valueName: "deployment")) var to: String?
    @OptionGroup var rollback: EnvironmentRollback

    func run() async throws {
        try await rollback.run(try Session(rollback.options).inside(id), to: to)
    }
}

struct EnvDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Deletes an environment with all that stands in it, dependents first.",
        discussion: """
            Shows what will go and asks. A resource that holds data stops the deletion, unless --force says that its data goes; what \
            stopped it is told, and the deletion goes on when it is asked for again.
            """)

    @Argument(help: ArgumentHelp("The environment.", valueName: "env")) var id: String
    @OptionGroup var deletion: DeletionOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws { try await deletion.delete(.env, id, try Session(options)) }
}
