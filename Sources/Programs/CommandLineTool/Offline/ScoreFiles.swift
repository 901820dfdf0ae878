import PlatformModel
import ScoreSpec

/// Score files on disk, with what the flags of a command put over them.
struct ScoreFiles {
    private static let most = 50_000

    let options: OfflineOptions
    let host: CommandHost

    init(_ options: OfflineOptions, _ host: CommandHost) {
        self.options = options
        self.host = host
    }

    /// - Throws: every problem of every file.
    func read(_ paths: [String]) throws(CommandFailure) -> [ScoreWorkload] {
        let files = try Self.expanded(paths)
        if files.count > 1, options.overrides != nil || options.extensions != nil || !options.properties.isEmpty {
            throw .usage("--overrides, --extensions and --property are for one Score file; render these one by one")
        }
        var problems: [Problem] = [], properties: [ScoreProperty] = [], workloads: [ScoreWorkload] = []
        for text in options.properties {
            do throws(ScoreProblems) { properties.append(try ScoreProperty(parsing: text)) } catch { problems += error.problems }
        }
        for file in files {
            do throws(ScoreProblems) { workloads.append(try read(file, properties)) } catch { problems += error.problems }
        }
        guard problems.isEmpty else { throw CommandFailure(problems: problems, CommandFailure.count(problems)) }
        return workloads
    }

    private func read(_ file: String, _ properties: [ScoreProperty]) throws(ScoreProblems) -> ScoreWorkload {
        let source = ScoreSource(path: file)
        let text = try source.text(input: host.readInput)
        let overrides = try options.overrides.map { (path) throws(ScoreProblems) in
            ScoreOptions.Text(try ScoreSource.read(path), file: path)
        }
        let score = try ScoreReader.read(
            text, file: source.name,
            options: ScoreOptions(
                overrides: overrides, properties: properties, image: options.image, source: { source.content($0) },
                isComplete: true))
        let extended = try options.extensions.map { (path) throws(ScoreProblems) in
            try ScoreExtension.read(try ScoreSource.read(path), file: path)
        }
        return ScoreWorkload(score: score, extension: extended)
    }

    /// The Score files of folders, at any depth, in the order of their names; a file that is named is read whatever it is called.
    static func expanded(_ paths: [String]) throws(CommandFailure) -> [String] {
        var files: [String] = []
        for path in paths {
            guard path != "-", LocalFile.isFolder(path) else {
                files.append(path)
                continue
            }
            let found: [String]
            do throws(LocalFile.Failure) { found = try FolderWalk.files(of: path, limit: most, where: isScore) } catch {
                throw CommandFailure(.failed, error.description)
            }
            guard !found.isEmpty else {
                throw CommandFailure(
                    .failed, "there is no Score file in '\(path)': one is called score.yaml, NAME.score.yaml or score.NAME.yaml")
            }
            files += found
        }
        return files
    }

    /// `score.yaml`, `web.score.yaml`, `score-web.yaml`, and not the extension `humanitec.score.yaml`.
    private static func isScore(_ name: String) -> Bool {
        guard name.hasSuffix(".yaml") || name.hasSuffix(".yml"), !name.hasPrefix("humanitec.") else { return false }
        let stem = name.dropLast(name.hasSuffix(".yaml") ? 5 : 4)
        return stem == "score" || ["score.", "score-"].contains { stem.hasPrefix($0) }
            || [".score", "-score"].contains { stem.hasSuffix($0) }
    }
}
