import ArgumentParser
import PlatformModel
import ServiceAPI

struct EnvClone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone", abstract: "Creates an environment from what another one runs, and deploys it.",
        discussion: """
            The new environment gets its own resources, made by the definitions that match there: the other's data and secrets do not \
            go along.
            """)

    @Argument(help: ArgumentHelp("The environment to clone, or one of its deployments.", valueName: "source")) var source: String
    @Argument(help: ArgumentHelp("The new environment's id.", valueName: "destination")) var destination: String
    @Option(help: ArgumentHelp("The environment type; default: the source's.", valueName: "id")) var type: String?
    @Option(help: "What people call it; default: the id.") var name: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let found = try await EnvironmentSource.find(source, session)
        do throws(CommandFailure) {
            _ = try await EnvironmentCreation.create(destination, name: name, type: type, from: found, session)
        } catch {
            guard error.status == .conflict else { throw error }
            var failure = error
            failure.details.append(
                "to bring what '\(source)' runs to an environment that is there: martlet env promote \(source) \(destination)")
            throw failure
        }
        session.printer.note("environment \(destination) created")
        try await EnvironmentCreation.deploy(destination, found, deployment, session)
    }
}
