import PlatformModel
import ScoreSpec

extension FuzzTarget {
    /// A Score file, an overrides file, one property a line, an extensions file. What is valid converts to a delta, or is told why not.
    static let score = FuzzTarget(name: "score") { bytes throws(BrokenPromise) in
        let parts = Self.parts(bytes)
        var options = ScoreOptions(image: "image:1", source: { $0.hasPrefix("/") ? nil : Array("a ${metadata.name}".utf8) })
        options.isComplete = true
        if parts.count > 1 { options.overrides = .init(parts[1], file: "overrides.yaml") }
        if parts.count > 2 {
            for line in parts[2].split(separator: UInt8(ascii: "\n")).prefix(20) {
                guard let property = try? ScoreProperty(parsing: String(decoding: line, as: UTF8.self)) else { continue }
                options.properties.append(property)
            }
        }
        let final = options
        switch Result(catching: { () throws(ScoreProblems) in try ScoreReader.read(parts[0], file: "score.yaml", options: final) }
        ) {
        case .failure(let error):
            try BrokenPromise.unless(!error.problems.isEmpty, "refused without a reason")
        case .success(let score):
            let extended = parts.count > 3 ? try? ScoreExtension.read(parts[3], file: "extensions.yaml") : nil
            let workload = ScoreWorkload(score: score, extension: extended)
            switch Result(catching: { () throws(ScoreProblems) in try ScoreConverter.delta(for: [workload]) }) {
            case .failure(let error): try BrokenPromise.unless(!error.problems.isEmpty, "not converted, without a reason")
            case .success(let delta):
                try BrokenPromise.unless(Array(delta.modules.add.keys) == [score.name], "the delta lacks the workload")
            }
        }
    }
}
