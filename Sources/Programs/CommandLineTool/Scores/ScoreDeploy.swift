import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct ScoreDeploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Deploys Score files to an environment.",
        discussion: "With --wait it shows the progress of each resource, and ends with the cause of a failure.")

    @OptionGroup var score: ScoreFileOptions
    @Option(help: "A comment for the deployment.") var message: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard score.isGiven else {
            throw ValidationError("name a Score file with --file, or several workloads with --deploy-config")
        }
    }

    func run() async throws {
        let session = try Session(options)
        let path = try session.environment() + "/score-deploys"
        let bundle = try score.read(session)
        let body = try JSON(encoding: ScoreDeployRequest(files: bundle.files, comment: message, mode: deployment.mode))
        try ScoreFileOptions.requireSendable(body)
        let made = try await session.gateway.send(.post, path, query: deployment.query, body: body)
        try await DeploymentWatch(session).follow(made, deployment)
    }
}
