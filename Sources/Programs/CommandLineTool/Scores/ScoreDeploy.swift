import ArgumentParser
import HTTPTypes
import PlatformModel
import ScoreSpec
import ServiceAPI

struct ScoreDeploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Deploys Score files to an environment.",
        discussion: "With --wait it shows the progress of each resource, and ends with the cause of a failure.")

    @Option(
        name: [.customShort("f"), .customLong("file")], help: "A Score file, or '-'; may be repeated.",
        completion: .file(extensions: ["yaml", "yml"])) var files: [String] = []
    @OptionGroup var scores: ScoreInputOptions
    @Option(help: "A comment for the deployment.") var message: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let problem = scores.problem(with: files, naming: "a Score file with --file") { throw ValidationError(problem) }
    }

    func run() async throws {
        let session = try Session(options)
        let path = try session.environment() + "/score-deploys"
        let bundle = try read(session)
        for warning in bundle.warnings { session.printer.warn(warning.description) }
        let body = try JSON(encoding: ScoreDeployRequest(files: bundle.files, comment: message, mode: deployment.mode))
        guard body.canonical.utf8.count <= 8 << 20 else {
            throw CommandFailure(.failed, "the Score files and what they name have more than 8 MiB together; mount less")
        }
        let made = try await session.gateway.send(.post, path, body: body)
        try await DeploymentWatch(session).follow(made, deployment)
    }

    private func read(_ session: Session) throws -> ScoreBundle {
        do throws(ScoreProblems) {
            return try scores.bundle(files, input: session.host.readInput)
        } catch {
            let count = error.problems.count
            throw CommandFailure(problems: error.problems, "nothing was sent: \(count) \(count == 1 ? "problem" : "problems")")
        }
    }
}
