import ArgumentParser
import PlatformModel
import ScoreSpec

struct ScoreValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks Score files without a server: every problem, with file, line and column.")

    @Argument(help: "Score files; '-' for standard input.", completion: .file(extensions: ["yaml", "yml"])) var files: [String]
    @OptionGroup var extensionsFile: ExtensionsOption
    @Flag(help: "Warnings are errors too.") var strict = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard extensionsFile.extensions == nil || files.count == 1 else {
            throw ValidationError("--extensions belongs to one Score file")
        }
    }

    func run() async throws {
        let host = CommandHost.current, printer = Printer(options, host)
        var problems: [Problem] = [], warnings: [Problem] = [], valid: [String] = []
        for file in files {
            let source = ScoreSource(path: file)
            do throws(ScoreProblems) {
                let score = try ScoreReader.read(
                    try source.text(input: host.readInput), file: source.name,
                    options: ScoreOptions(source: { source.content($0) }))
                let extended = try extensionsFile.extensions.map { (path) throws(ScoreProblems) in
                    try ScoreExtension.read(try ScoreSource.read(path), file: path)
                }
                // What only shows when the file is converted.
                _ = try ScoreConverter.delta(for: [ScoreWorkload(score: score, extension: extended)])
                warnings += score.warnings
                if !strict || score.warnings.isEmpty { valid.append(source.name) }
            } catch { problems += error.problems }
        }
        if strict { problems += warnings } else { for warning in warnings { printer.warn(warning.description) } }
        if options.output == .json || options.output == .yaml {
            let all = problems + (strict ? [] : warnings)
            printer.show(["valid": .bool(problems.isEmpty), "problems": try JSON(encoding: all)])
        } else if !options.quiet {
            for file in valid { printer.done(file, "valid") }
        }
        guard problems.isEmpty else {
            throw CommandFailure(problems: problems, "\(problems.count) \(problems.count == 1 ? "problem" : "problems")")
        }
    }
}
