import Planning
import PlatformModel
import Preview
import ScoreSpec

/// Score files and definitions as one request, read from disk.
struct OfflineProject: Sendable {
    let request: PreviewRequest
    /// Allowed, but probably not meant.
    let warnings: [Problem]
    private let origins: [String: DefinitionOrigin]

    static func read(
        _ files: [String], _ options: OfflineOptions, _ global: GlobalOptions, _ host: CommandHost
    ) throws(CommandFailure) -> OfflineProject {
        guard !files.isEmpty else { throw .usage("name a Score file, or a folder with Score files") }
        let place = try OfflinePlace(global, options.place, host)
        let folder = try DefinitionFolder.read(options.definitions, orgID: place.context.orgID, input: host.readInput)
        let scores = try ScoreFiles(options, host).read(files)
        let set: DeploymentSet
        do {
            set = try ScoreConverter.delta(for: scores).applied(to: DeploymentSet())
        } catch let error as ScoreProblems {
            throw CommandFailure(problems: error.problems, CommandFailure.count(error.problems))
        } catch { throw CommandFailure(.failed, "\(error)") }
        let request = PreviewRequest(
            context: place.context, set: set, definitions: folder.definitions, resourceTypes: folder.types,
            values: place.values, outputs: place.outputs, randomness: place.randomness)
        return OfflineProject(request: request, warnings: scores.flatMap(\.score.warnings), origins: folder.origins)
    }

    func graph() throws(CommandFailure) -> ResourceGraph {
        do throws(PreviewProblems) { return try Preview.graph(request) } catch { throw CommandFailure(preview: error, origins) }
    }

    func render() throws(CommandFailure) -> Preview {
        do throws(PreviewProblems) { return try Preview.render(request) } catch { throw CommandFailure(preview: error, origins) }
    }
}
