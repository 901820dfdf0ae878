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
        completion: .file(extensions: ["yaml", "yml"])) var files: [String]
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

    func run() async throws {
        let session = try Session(options)
        let path = try session.environment() + "/score-deploys"
        let request = ScoreDeployRequest(files: try read(session), comment: message, mode: deployment.mode)
        let body = try JSON(encoding: request)
        guard body.canonical.utf8.count <= 8 << 20 else {
            throw CommandFailure(.failed, "the Score files and what they name have more than 8 MiB together; mount less")
        }
        let made = try await session.gateway.send(.post, path, body: body)
        try await DeploymentWatch(session).follow(made, deployment)
    }

    /// Everything is checked here first, so that problems are shown with the names of files as they were given.
    private func read(_ session: Session) throws -> [ScoreDeployFile] {
        var problems: [Problem] = [], requests: [ScoreDeployFile] = []
        if files.count > 1, overrides != nil || extensions != nil || !properties.isEmpty {
            throw CommandFailure.usage("--overrides, --extensions and --property are for one Score file; deploy these one by one")
        }
        var parsed: [ScoreProperty] = []
        for text in properties {
            do throws(ScoreProblems) { parsed.append(try ScoreProperty(parsing: text)) } catch { problems += error.problems }
        }
        for file in files {
            let source = ScoreSource(path: file)
            do throws(ScoreProblems) {
                let text = try source.text(input: session.host.readInput)
                let override = try overrides.map { (path) throws(ScoreProblems) in try ScoreSource.read(path) }
                let extended = try extensions.map { (path) throws(ScoreProblems) in try ScoreSource.read(path) }
                let score = try ScoreReader.read(
                    text, file: source.name,
                    options: ScoreOptions(
                        overrides: override.map { .init($0, file: overrides ?? "") }, properties: parsed, image: image,
                        source: { source.content($0) }, isComplete: true))
                if let extended { _ = try ScoreExtension.read(extended, file: extensions ?? "") }
                for warning in score.warnings { session.printer.warn(warning.description) }
                requests.append(
                    ScoreDeployFile(
                        name: source.name, score: String(decoding: text, as: UTF8.self),
                        overrides: override.map { String(decoding: $0, as: UTF8.self) },
                        extensions: extended.map { String(decoding: $0, as: UTF8.self) },
                        properties: properties.isEmpty ? nil : properties, image: image, sources: source.sources))
            } catch { problems += error.problems }
        }
        guard problems.isEmpty else {
            throw CommandFailure(
                problems: problems, "nothing was sent: \(problems.count) \(problems.count == 1 ? "problem" : "problems")")
        }
        return requests
    }
}
