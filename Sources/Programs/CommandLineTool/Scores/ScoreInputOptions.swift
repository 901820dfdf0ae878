import ArgumentParser
import PlatformModel
import ScoreSpec

/// What every command takes that reads the Score files of a deployment: which workloads, and what is applied to them.
struct ScoreInputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file that lists several workloads, each with its Score file (ScoreDeployConfig), instead of Score files.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])) var deployConfig: String?
    @Option(help: "The image of containers whose image is '.'.") var image: String?
    @Option(help: ArgumentHelp("A file merged over the Score file.", valueName: "file"), completion: .file()) var overrides:
        String?
    @Option(
        name: [.customShort("p"), .customLong("property")],
        help: ArgumentHelp("Sets one value, after the overrides; may be repeated.", valueName: "path=value"))
    var properties: [String] = []
    @OptionGroup var extensionsFile: ExtensionsOption

    /// Whether anything is to be done to Score files.
    var changeScoreFiles: Bool { image != nil || changesOne }

    private var changesOne: Bool { overrides != nil || extensionsFile.extensions != nil || !properties.isEmpty }

    /// Why these options cannot be used with these Score files, if they cannot.
    ///
    /// - Parameter naming: how the command is told Score files.
    func problem(with files: [String], naming: String) -> String? {
        if deployConfig != nil {
            guard files.isEmpty, !changesOne else {
                return "--deploy-config names the files itself: leave out Score files, --overrides, --extensions and --property"
            }
        } else if files.isEmpty {
            return "name \(naming), or several workloads with --deploy-config"
        } else if files.count > 1, changesOne {
            return "--overrides, --extensions and --property are for one Score file; name several with --deploy-config"
        }
        return nil
    }

    /// - Throws: every problem of every file.
    func bundle(_ files: [String], input: @escaping (Int) -> [UInt8]?) throws(ScoreProblems) -> ScoreBundle {
        if let deployConfig { return try .read(config: deployConfig, image: image, input: input) }
        let additions = ScoreBundle.Additions(
            overrides: overrides, extensions: extensionsFile.extensions, properties: properties)
        return try .read(files, additions, image: image, input: input)
    }
}
