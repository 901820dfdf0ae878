import PlatformModel
import ScoreImport
import ScoreSpec
import Testing

/// A source as text; every Score file that comes of it must be valid.
func imported(
    _ text: String, options: ScoreImporter.Options = .init(), _ location: SourceLocation = #_sourceLocation
) throws -> ImportResult {
    let result = try ScoreImporter.read([.init(Array(text.utf8), file: "source.yaml")], options: options)
    for workload in result.workloads {
        do throws(ScoreProblems) {
            _ = try ScoreReader.read(Array(workload.text.utf8), file: workload.name)
            if let text = workload.extensionsText { _ = try ScoreExtension.read(Array(text.utf8), file: workload.name) }
        } catch { Issue.record("\(error)\n\(workload.text)", sourceLocation: location) }
    }
    return result
}

extension ImportResult {
    func score(_ name: String) -> JSON { workloads.first { $0.name == name }?.score ?? .null }

    /// A container of the workload of one container.
    var container: JSON { workloads.first?.score["containers"]?.object?.values.first ?? .null }

    /// `LINE CODE PATH`, a note a line.
    var lines: [String] { notes.map { "\($0.line ?? 0) \($0.code) \($0.path)" } }

    var messages: String { notes.map(\.message).joined(separator: "\n") }
}
