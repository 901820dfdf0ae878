import ArgumentParser

/// How results are shown.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    case table, json, yaml
}

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The organisation.", valueName: "id")) var org: String?
    @Option(help: ArgumentHelp("The application.", valueName: "id")) var app: String?
    @Option(help: ArgumentHelp("The environment.", valueName: "id")) var env: String?
    @Option(help: "The gateway: https://HOST:PORT.") var url: String?
    @Option(help: ArgumentHelp("The certificate authority's file (PEM), when the system does not know it.", valueName: "file"))
    var ca: String?
    @Option(help: "An API token. Other users of this machine can see it in the process list: prefer MARTLET_TOKEN.")
    var token: String?
    @Option(help: "How results are shown: table, json, yaml; the last two give the API's own body.") var output: OutputFormat?
    @Flag(name: .customLong("no-color"), help: "No colours; so does NO_COLOR.") var noColor = false
    @Flag(help: "Only results and errors.") var quiet = false
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file")) var config: String?
}
