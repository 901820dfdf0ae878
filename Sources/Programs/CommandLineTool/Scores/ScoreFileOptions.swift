import ArgumentParser
import PlatformModel
import ScoreSpec

/// The Score files of a command, and what is applied to them.
struct ScoreFileOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("file")], help: "A Score file, or '-'; may be repeated.",
        completion: .file(extensions: ["yaml", "yml"])) var files: [String] = []
    @OptionGroup var inputs: ScoreInputOptions

    /// Whether any file is named.
    var isGiven: Bool { inputs.deployConfig != nil || !files.isEmpty }

    func validate() throws {
        guard isGiven || inputs.changeScoreFiles else { return }
        if let problem = inputs.problem(with: files, naming: "a Score file with --file") { throw ValidationError(problem) }
    }

    /// - Throws: every problem of every file; nothing was sent then.
    func read(_ session: Session) throws(CommandFailure) -> ScoreBundle {
        do throws(ScoreProblems) {
            let bundle = try inputs.bundle(files, input: session.host.readInput)
            for warning in bundle.warnings { session.printer.warn(warning.description) }
            return bundle
        } catch {
            let count = error.problems.count
            throw CommandFailure(problems: error.problems, "nothing was sent: \(count) \(count == 1 ? "problem" : "problems")")
        }
    }

    /// - Throws: for what the gateway would refuse for its size.
    static func requireSendable(_ body: JSON) throws(CommandFailure) {
        guard body.canonical.utf8.count <= 8 << 20 else {
            throw CommandFailure(.failed, "the Score files and what they name have more than 8 MiB together; mount less")
        }
    }
}
