import ArgumentParser
import PlatformModel

/// Where a set would be deployed, and what a server would know: what every command takes that works without one.
struct PlaceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The environment's type.", valueName: "id")) var envType = "development"
    @Option(help: ArgumentHelp("A YAML file with shared values: KEY: VALUE.", valueName: "file"), completion: .file()) var values:
        String?
    @Option(
        help: ArgumentHelp(
            "A YAML file with outputs of resources that cannot be made here: TYPE[.CLASS][#ID]: {NAME: VALUE}.", valueName: "file"
        ),
        completion: .file()) var outputs: String?
    @Option(help: "What random functions of templates draw from; the same seed gives the same bytes.") var seed = "martlet"
    @Option(help: ArgumentHelp("What 'now' is in templates (RFC 3339).", valueName: "time")) var time = "2000-01-01T00:00:00Z"

    func validate() throws {
        guard Timestamp(time) != nil else { throw ValidationError("--time is a time in UTC such as 2026-11-21T12:00:00Z") }
    }
}

/// What every command takes that works on Score files and a folder of definitions.
struct OfflineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Works without a server: a file, or a folder, of resource definitions (entity.humanitec.io/v1b1); may be repeated.",
            valueName: "path"),
        completion: .directory) var definitions: [String] = []
    @OptionGroup var scores: ScoreInputOptions
    @OptionGroup var place: PlaceOptions
}
