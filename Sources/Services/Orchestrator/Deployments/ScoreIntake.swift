import PlatformModel
import ScoreSpec
import ServiceAPI
import ServiceRuntime

/// Reads the Score files of a `score-deploys` request and makes a delta of them. No I/O: everything is in the request.
struct ScoreIntake: Sendable {
    /// - Throws: 422 with every problem of every file, each with file, line and column.
    func read(_ request: ScoreDeployRequest) throws -> [ScoreWorkload] {
        guard !request.files.isEmpty else {
            throw HTTPFailure.problems(
                "invalid", [Problem(code: "API-103", path: "files", message: "at least one Score file is needed")])
        }
        var workloads: [ScoreWorkload] = []
        var problems: [Problem] = []
        for file in request.files {
            do throws(ScoreProblems) { workloads.append(try read(file)) } catch { problems += error.problems }
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("score_invalid", problems) }
        return workloads
    }

    func delta(of workloads: [ScoreWorkload], onto base: DeploymentSet) throws -> DeltaContent {
        do throws(ScoreProblems) { return try ScoreConverter.delta(for: workloads, onto: base) } catch {
            throw HTTPFailure.problems("score_invalid", error.problems)
        }
    }

    private func read(_ file: ScoreDeployFile) throws(ScoreProblems) -> ScoreWorkload {
        var problems: [Problem] = []
        var properties: [ScoreProperty] = []
        for text in file.properties ?? [] {
            do throws(ScoreProblems) { properties.append(try ScoreProperty(parsing: text)) } catch { problems += error.problems }
        }
        let sources = file.sources ?? [:]
        let options = ScoreOptions(
            overrides: file.overrides.map { .init(Array($0.utf8), file: "\(file.name) (overrides)") }, properties: properties,
            image: file.image, source: { path in sources[path].flatMap(Base64.decode) }, isComplete: true)
        var score: ScoreFile?
        do throws(ScoreProblems) {
            score = try ScoreReader.read(Array(file.score.utf8), file: file.name, options: options)
        } catch { problems += error.problems }
        var extensions: ScoreExtension?
        do throws(ScoreProblems) {
            extensions = try file.extensions.map { (text) throws(ScoreProblems) in
                try ScoreExtension.read(Array(text.utf8), file: "\(file.name) (extensions)")
            }
        } catch { problems += error.problems }
        guard let score, problems.isEmpty else { throw ScoreProblems(problems) }
        return ScoreWorkload(score: score, extension: extensions)
    }
}
