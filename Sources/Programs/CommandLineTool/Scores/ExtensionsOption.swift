import ArgumentParser

/// The file beside a Score file that says what Score cannot say.
struct ExtensionsOption: ParsableArguments {
    @Option(
        name: [.customLong("extensions"), .customLong("extension")],
        help: ArgumentHelp("A file with what Score cannot say (humanitec.score.yaml).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])) var extensions: String?
}
