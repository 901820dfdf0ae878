import Planning
import PlatformModel
import Preview
import PureDrivers
import TemplateLibraries
import YAML

/// The environment that files are rendered for, without a server: what is not said has a fixed name, so that the same files give the
/// same result on every machine.
struct OfflinePlace: Sendable {
    let context: EnvironmentContext
    let values: [String: ResolvedDocument]
    let outputs: GivenOutputs
    let randomness: TemplateRandomness

    init(_ options: GlobalOptions, _ place: PlaceOptions, _ host: CommandHost) throws(CommandFailure) {
        let settings = try Settings(options, environment: host.environment)
        context = EnvironmentContext(
            orgID: settings["org"] ?? "my-org", appID: settings["app"] ?? "my-app", envID: settings["env"] ?? "development",
            envType: place.envType)
        randomness = TemplateRandomness(
            seed: place.seed, now: Timestamp(place.time) ?? Timestamp(milliseconds: 0), libraries: .machine)
        do throws(PreviewProblems) {
            values =
                try place.values.map { (file) throws(PreviewProblems) in
                    try SecretLeafDocument.sharedValues(try Self.document(file), file: file)
                } ?? [:]
            outputs =
                try place.outputs.map { (file) throws(PreviewProblems) in
                    try GivenOutputs(try Self.document(file), file: file)
                } ?? GivenOutputs()
        } catch { throw CommandFailure(preview: error) }
    }

    /// A YAML file, strictly read.
    static func document(_ file: String) throws(PreviewProblems) -> JSON {
        let bytes: [UInt8]
        do throws(LocalFile.Failure) { bytes = try LocalFile.read(file) } catch {
            throw PreviewProblems([Problem(code: "RENDER-101", file: file, path: "", message: error.description)])
        }
        do throws(YAMLError) { return try YAMLDocument.parse(bytes, file: file).json } catch {
            throw PreviewProblems(error.problems)
        }
    }
}

extension CommandFailure {
    init(preview error: PreviewProblems, _ origins: [String: DefinitionOrigin] = [:]) {
        self.init(problems: DefinitionOrigin.placed(error.problems, origins), Self.count(error.problems))
    }

    /// `1 problem`
    static func count(_ problems: [Problem]) -> String { "\(problems.count) \(problems.count == 1 ? "problem" : "problems")" }
}
