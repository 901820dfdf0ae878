import ScoreImport
import ScoreSpec

extension FuzzTarget {
    /// A Compose file or manifests, and an `env_file`: every Score file and every extensions file that comes of it is valid.
    static let scoreImport = FuzzTarget(name: "score-import") { bytes throws(BrokenPromise) in
        let parts = Self.parts(bytes), other = parts.count > 1 ? parts[1] : nil
        let options = ScoreImporter.Options(profiles: ["debug"]) { path, _ in path.hasPrefix("/") ? nil : other }
        guard let result = try? ScoreImporter.read([.init(parts[0], file: "source.yaml")], options: options) else { return }
        for workload in result.workloads {
            do throws(ScoreProblems) {
                _ = try ScoreReader.read(Array(workload.text.utf8), file: workload.name)
                if let text = workload.extensionsText { _ = try ScoreExtension.read(Array(text.utf8), file: workload.name) }
            } catch {
                throw BrokenPromise("\(error)\n\(workload.text)\(workload.extensionsText ?? "")")
            }
        }
    }
}
