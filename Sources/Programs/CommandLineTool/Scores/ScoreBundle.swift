import PlatformModel
import ScoreSpec
import ServiceAPI

/// The workloads of one deployment as a person names them: Score files, or a deploy config, with what is applied to them.
struct ScoreBundle {
    /// One Score file and what goes with it.
    private struct Entry {
        var file: String
        var overrides: String?
        var extensions: String?
        var image: String?
        var workload: ScoreDeployConfig.Workload?
    }

    /// What is applied to the one Score file that there is.
    struct Additions {
        var overrides: String?
        var extensions: String?
        var properties: [String] = []
    }

    /// What `score-deploys` takes.
    private(set) var files: [ScoreDeployFile] = []
    private(set) var workloads: [ScoreWorkload] = []
    /// What all of them make of an empty set.
    private(set) var delta = DeltaContent()
    private(set) var warnings: [Problem] = []
    private var problems: [Problem] = []
    private let properties: [String]
    private var parsed: [ScoreProperty] = []
    private let input: (Int) -> [UInt8]?

    /// Everything is checked here, so that problems are shown with the names of files as they were given.
    /// - Throws: all problems of all files at once.
    static func read(
        _ files: [String], _ additions: Additions, image: String?, input: @escaping (Int) -> [UInt8]?
    ) throws(ScoreProblems) -> ScoreBundle {
        var bundle = ScoreBundle(additions.properties, input)
        for file in files {
            bundle.add(Entry(file: file, overrides: additions.overrides, extensions: additions.extensions, image: image))
        }
        return try bundle.finished()
    }

    /// The workloads of a deploy config; its paths are seen from its folder.
    static func read(
        config path: String, image: String?, input: @escaping (Int) -> [UInt8]?
    ) throws(ScoreProblems) -> ScoreBundle {
        let config = try ScoreDeployConfig.read(try ScoreSource.read(path), file: path)
        var bundle = ScoreBundle([], input)
        func beside(_ named: String) -> String { LocalFile.path(named, besideFile: path) }
        for workload in config.workloads {
            bundle.add(
                Entry(
                    file: beside(workload.specFile), overrides: workload.overridesFile.map(beside),
                    extensions: workload.extensionsFile.map(beside), image: workload.image ?? image, workload: workload))
        }
        return try bundle.finished()
    }

    private init(_ properties: [String], _ input: @escaping (Int) -> [UInt8]?) {
        self.properties = properties
        self.input = input
        for text in properties {
            do throws(ScoreProblems) { parsed.append(try ScoreProperty(parsing: text)) } catch { problems += error.problems }
        }
    }

    private consuming func finished() throws(ScoreProblems) -> ScoreBundle {
        // What only shows when they are converted together; of what an environment has already the server knows.
        if problems.isEmpty {
            do throws(ScoreProblems) { delta = try ScoreConverter.delta(for: workloads) } catch { problems += error.problems }
        }
        guard problems.isEmpty else { throw ScoreProblems(problems) }
        return self
    }

    private mutating func add(_ entry: Entry) {
        let source = ScoreSource(path: entry.file)
        var extended: ScoreExtension?, text: [UInt8]?, override: [UInt8]?, more: [UInt8]?
        // Each on its own, so that the problems of all are told.
        do throws(ScoreProblems) {
            override = try entry.overrides.map { (path) throws(ScoreProblems) in try ScoreSource.read(path) }
        } catch { problems += error.problems }
        do throws(ScoreProblems) {
            more = try entry.extensions.map { (path) throws(ScoreProblems) in try ScoreSource.read(path) }
            extended = try more.map { (bytes) throws(ScoreProblems) in
                try ScoreExtension.read(bytes, file: entry.extensions ?? "")
            }
        } catch { problems += error.problems }
        do throws(ScoreProblems) {
            let bytes = try source.text(input: input)
            text = bytes
            let score = try ScoreReader.read(
                bytes, file: source.name,
                options: ScoreOptions(
                    overrides: override.map { .init($0, file: entry.overrides ?? "") }, properties: parsed, image: entry.image,
                    source: { source.content($0) }, isComplete: true))
            warnings += score.warnings
            workloads.append(ScoreWorkload(score: score, extension: extended))
            if let problem = entry.workload?.problem(with: score) { problems.append(problem) }
        } catch { problems += error.problems }
        files.append(
            ScoreDeployFile(
                name: source.name, score: String(decoding: text ?? [], as: UTF8.self),
                overrides: override.map { String(decoding: $0, as: UTF8.self) },
                extensions: more.map { String(decoding: $0, as: UTF8.self) }, properties: properties.isEmpty ? nil : properties,
                image: entry.image, sources: source.sources))
    }
}
