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
        let additions = ScoreBundle.Additions(
            overrides: options.overrides, extensions: options.extensions, properties: options.properties)
        let isForOne = additions.overrides != nil || additions.extensions != nil || !additions.properties.isEmpty
        if let config = options.deployConfig {
            guard files.isEmpty, !isForOne else {
                throw .usage(
                    "--deploy-config names the files itself: leave out Score files, --overrides, --extensions and --property")
            }
            do throws(ScoreProblems) { return try .read(config: config, image: options.image, input: host.readInput) } catch {
                throw CommandFailure(problems: error.problems, CommandFailure.count(error.problems))
            }
        }
        let all = try ScoreFiles.expanded(files)
        guard !all.isEmpty else { throw .usage("name a Score file, a folder with Score files, or --deploy-config") }
        guard all.count == 1 || !isForOne else {
            throw .usage("--overrides, --extensions and --property are for one Score file; name several with --deploy-config")
        }
        do throws(ScoreProblems) { return try .read(all, additions, image: options.image, input: host.readInput) } catch {
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
