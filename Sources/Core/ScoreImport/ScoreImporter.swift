import PlatformModel
import YAML

/// Makes Score files of Compose files (compose-spec) and Kubernetes manifests.
///
/// Codes: `IMPORT-101` not a file of either kind, `102` a value that its own format does not allow, `103` too large; and of what the Score
/// files do not hold: `201` Score has nothing for it, `202` carried over in another way, `203` to be given by someone.
package struct ScoreImporter {
    package struct Source: Sendable {
        package var bytes: [UInt8]
        /// For notes.
        package var file: String
        /// The Score files will lie elsewhere, so a file that this one names is taken in whole; otherwise they name it too.
        package var takesFilesIn: Bool

        package init(_ bytes: [UInt8], file: String, takesFilesIn: Bool = false) {
            self.bytes = bytes
            self.file = file
            self.takesFilesIn = takesFilesIn
        }
    }

    package struct Options: Sendable {
        /// Compose: profiles that are on; `*` for all. Services of other profiles are left out.
        package var profiles: Set<String>
        /// Compose: services that stay workloads although their image is that of a known server.
        package var workloads: Set<String>
        /// Reads a file that a Compose file names, a path as written: the content of an `env_file`, nil for a folder or nothing.
        package var read: @Sendable (_ path: String, _ file: String) -> [UInt8]?

        package init(
            profiles: Set<String> = [], workloads: Set<String> = [],
            read: @escaping @Sendable (_ path: String, _ file: String) -> [UInt8]? = { _, _ in nil }
        ) {
            self.profiles = profiles
            self.workloads = workloads
            self.read = read
        }
    }

    let options: Options
    var log = ImportLog()
    var budget = ImportBudget()
    var drafts: [WorkloadDraft] = []
    var workloadNames = NameSet()
    /// Keys of shared secrets that were made up for values of the sources, and the value behind each.
    var secretKeys: [String: String] = [:]

    /// All sources together: manifests may refer to each other across files.
    package static func read(_ sources: [Source], options: Options = Options()) throws(ScoreImportError) -> ImportResult {
        var importer = ScoreImporter(options: options)
        var problems: [Problem] = [], objects = KubernetesObjects(), compose: [(SourceNode, Source)] = []
        for source in sources {
            do throws(YAMLError) {
                let documents = try YAMLDocument.parseAll(source.bytes, file: source.file).filter { $0.kindName != "null" }
                if documents.isEmpty {
                    problems.append(Problem(code: "IMPORT-101", file: source.file, path: "", message: "there is nothing in it"))
                }
                for document in documents {
                    let node = SourceNode(document, file: source.file)
                    if KubernetesObjects.isObject(node) {
                        objects.add(node, &importer.log)
                    } else if Self.isCompose(node) {
                        compose.append((node, source))
                    } else {
                        problems.append(Self.unknown(node))
                    }
                }
            } catch { problems += error.problems }
        }
        guard problems.isEmpty else { throw ScoreImportError(problems: problems) }
        do throws(ImportRefusal) {
            for (node, source) in compose { try importer.read(compose: node, source) }
            try importer.read(kubernetes: objects)
        } catch {
            let file = sources.count == 1 ? sources[0].file : nil
            let message =
                "the Score files would have more than 2 MiB of values that repeat each other; import fewer files at once"
            throw ScoreImportError(problems: [Problem(code: "IMPORT-103", file: file, path: "", message: message)])
        }
        importer.shareResources()
        return ImportResult(workloads: importer.drafts.map(\.workload), notes: importer.log.notes)
    }

    /// What several workloads have in common gets one id, and is the same resource in all of them.
    private mutating func shareResources() {
        var users: [String: Int] = [:], ids: [String: String] = [:], names = NameSet()
        for draft in drafts { for key in draft.sharing.keys { users[key, default: 0] += 1 } }
        for index in drafts.indices {
            for (key, name) in drafts[index].sharing.sorted(by: { $0.value < $1.value }) where users[key, default: 0] > 1 {
                let id = ids[key] ?? names.take(name)
                ids[key] = id
                drafts[index].share(name, id: id)
            }
        }
    }

    private static func isCompose(_ node: SourceNode) -> Bool {
        if node["services"] != nil { return true }
        // Compose's first form had the services at the top.
        guard let entries = node.entries, !entries.isEmpty else { return false }
        return entries.allSatisfy { $0.value["image"] != nil || $0.value["build"] != nil }
    }

    private static func unknown(_ node: SourceNode) -> Problem {
        var message = "this is neither a Compose file ('services') nor a Kubernetes object ('apiVersion' and 'kind')"
        if let version = node["apiVersion"]?.text, version.hasPrefix("score.dev/") { message = "this is a Score file already" }
        return Problem(
            code: "IMPORT-101", file: node.file, line: node.mark.line, column: node.mark.column, path: "", message: message)
    }
}

/// Nothing was imported, and why: never empty.
package struct ScoreImportError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
