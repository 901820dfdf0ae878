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
    private let places: ScorePlaces

    static func read(
        _ files: [String], _ options: OfflineOptions, _ global: GlobalOptions, _ host: CommandHost
    ) throws(CommandFailure) -> OfflineProject {
        let place = try OfflinePlace(global, options.place, host)
        let folder = try DefinitionFolder.read(options.definitions, orgID: place.context.orgID, input: host.readInput)
        let bundle = try read(files, options, host)
        let set: DeploymentSet
        do throws(DeltaError) { set = try bundle.delta.applied(to: DeploymentSet()) } catch {
            throw CommandFailure(problems: error.problems, CommandFailure.count(error.problems))
        }
        let request = PreviewRequest(
            context: place.context, set: set, definitions: folder.definitions, resourceTypes: folder.types,
            values: place.values, outputs: place.outputs, randomness: place.randomness)
        return OfflineProject(
            request: request, warnings: bundle.warnings, origins: folder.origins, places: ScorePlaces(bundle.workloads))
    }

    private static func read(
        _ files: [String], _ options: OfflineOptions, _ host: CommandHost
    ) throws(CommandFailure) -> ScoreBundle {
        let scores = options.scores
        let all = scores.deployConfig == nil ? try ScoreFiles.expanded(files) : files
        if let problem = scores.problem(with: all, naming: "a Score file or a folder with Score files") { throw .usage(problem) }
        do throws(ScoreProblems) { return try scores.bundle(all, input: host.readInput) } catch {
            throw CommandFailure(problems: error.problems, CommandFailure.count(error.problems))
        }
    }

    func graph() throws(CommandFailure) -> ResourceGraph {
        do throws(PreviewProblems) { return try Preview.graph(request) } catch { throw failure(error) }
    }

    func render() throws(CommandFailure) -> Preview {
        do throws(PreviewProblems) { return try Preview.render(request) } catch { throw failure(error) }
    }

    private func failure(_ error: PreviewProblems) -> CommandFailure {
        CommandFailure(preview: PreviewProblems(places.placed(DefinitionOrigin.placed(error.problems, origins))))
    }
}
