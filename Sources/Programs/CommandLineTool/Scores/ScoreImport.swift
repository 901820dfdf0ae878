import ArgumentParser
import PlatformModel
import ScoreImport
import ScoreSpec

struct ScoreImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Makes Score files of a Compose file or of Kubernetes manifests, without a server.",
        discussion: """
            Everything that could not be carried over, or was carried over in another way, is told with its file and line. Without --to the \
            Score files go to standard output. Secrets are never written: their place is taken by shared secrets, which are listed.
            """)

    @Argument(
        help: "Compose files or manifests; '-' for standard input. Manifests of one application belong into one call.",
        completion: .file(extensions: ["yaml", "yml", "json"])) var files: [String]
    @Option(
        help: ArgumentHelp(
            "Writes NAME.score.yaml, and NAME.extensions.yaml where needed, into this folder.", valueName: "folder"))
    var to: String?
    @Flag(help: "Replaces files that are there.") var force = false
    @Option(
        name: .customLong("profile"),
        help: ArgumentHelp("Compose: services of this profile too; '*' for all. May be repeated.", valueName: "name"))
    var profiles: [String] = []
    @Option(
        name: .customLong("workload"),
        help: ArgumentHelp(
            "Compose: this service stays a workload, though its image is that of a database or broker. May be repeated.",
            valueName: "service"))
    var workloads: [String] = []
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let host = CommandHost.current, printer = Printer(options, host)
        var problems: [Problem] = [], sources: [ScoreImporter.Source] = []
        for file in files {
            let source = ScoreSource(path: file)
            do throws(ScoreProblems) {
                sources.append(.init(try source.text(input: host.readInput), file: source.name, takesFilesIn: takesFilesIn(file)))
            } catch { problems += error.problems }
        }
        guard problems.isEmpty else { throw failure(problems) }
        let result: ImportResult
        do throws(ScoreImportError) {
            result = try ScoreImporter.read(
                sources,
                options: .init(profiles: Set(profiles), workloads: Set(workloads)) { path, file in
                    let named = LocalFile.path(path, besideFile: file)
                    guard LocalFile.isOrdinary(named, within: LocalFile.folder(of: file)) else { return nil }
                    // One byte more than a file in a container may have.
                    return try? LocalFile.read(named, limit: (1 << 20) + 1)
                })
        } catch { throw failure(error.problems) }
        let written = try write(result)
        for note in result.notes { printer.warn(TextStyle.printable(note.description)) }
        guard printer.format == .table else { return printer.show(try body(result)) }
        if to == nil {
            host.write(texts(of: result).map { "# \($0.name)\n\($0.text)" }.joined(separator: "---\n"))
        } else {
            for path in written { printer.done(path, "written") }
        }
        printer.note("\(count(result.workloads.count, "Score file")), \(count(result.notes.count, "note"))")
    }

    private func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }

    private func failure(_ problems: [Problem]) -> CommandFailure {
        CommandFailure(
            problems: problems, "nothing was imported: \(problems.count) \(problems.count == 1 ? "problem" : "problems")")
    }

    /// A Score file may only name files of its own folder.
    private func takesFilesIn(_ file: String) -> Bool {
        guard let to else { return false }
        return file == "-" || LocalFile.folder(of: file) != LocalFile.folder(of: to.hasSuffix("/") ? to : to + "/")
    }

    private func texts(of result: ImportResult) -> [(name: String, text: String)] {
        result.workloads.flatMap { workload in
            [("\(workload.name).score.yaml", workload.text)]
                + (workload.extensionsText.map { [("\(workload.name).extensions.yaml", $0)] } ?? [])
        }
    }

    /// All of the files or, when one is in the way, none.
    private func write(_ result: ImportResult) throws -> [String] {
        guard let to else { return [] }
        let folder = to.hasSuffix("/") ? to : to + "/"
        let files = texts(of: result).map { (path: folder + $0.name, text: $0.text) }
        let existing = files.map(\.path).filter { LocalFile.exists($0) }
        guard existing.isEmpty || force else {
            throw CommandFailure(
                .conflict, "nothing was written: there are such files already; give --force or another folder", details: existing)
        }
        do throws(LocalFile.Failure) {
            for file in files { try LocalFile.write(file.text, to: file.path) }
        } catch { throw CommandFailure(.failed, "'\(error.path)' cannot be written") }
        return files.map(\.path)
    }

    private func body(_ result: ImportResult) throws -> JSON {
        let workloads = result.workloads.map { workload -> JSON in
            var members: JSON = ["name": .string(workload.name), "score": workload.score]
            members["extensions"] = workload.extensions
            return members
        }
        return ["workloads": .array(workloads), "notes": try JSON(encoding: result.notes)]
    }
}
