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
    @Option(
        help: ArgumentHelp(
            "A file that lists several workloads, each with its Score file (ScoreDeployConfig), instead of --file.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])) var deployConfig: String?
    @Option(help: "The image of containers whose image is '.'.") var image: String?
    @Option(help: ArgumentHelp("A file merged over the Score file.", valueName: "file")) var overrides: String?
    @Option(
        name: [.customShort("p"), .customLong("property")],
        help: ArgumentHelp("Sets one value, after the overrides; may be repeated.", valueName: "path=value"))
    var properties: [String] = []
    @Option(help: ArgumentHelp("A file with what Score cannot say (humanitec.score.yaml).", valueName: "file")) var extensions:
        String?
    @Option(help: "A comment for the deployment.") var message: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        let isForOne = overrides != nil || extensions != nil || !properties.isEmpty
        if deployConfig != nil {
            guard files.isEmpty, !isForOne else {
                throw ValidationError(
                    "--deploy-config names the files itself: leave out --file, --overrides, --extensions and --property")
            }
        } else if files.isEmpty {
            throw ValidationError("name a Score file with --file, or several workloads with --deploy-config")
        } else if files.count > 1, isForOne {
            throw ValidationError(
                "--overrides, --extensions and --property are for one Score file; name several with --deploy-config")
        }
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
            if let deployConfig { return try .read(config: deployConfig, image: image, input: session.host.readInput) }
            return try .read(
                files, ScoreBundle.Additions(overrides: overrides, extensions: extensions, properties: properties), image: image,
                input: session.host.readInput)
        } catch {
            let count = error.problems.count
            throw CommandFailure(problems: error.problems, "nothing was sent: \(count) \(count == 1 ? "problem" : "problems")")
        }
    }
}
