import PlatformModel
import YAML

/// Reads documents from files, folders and standard input: all of them, or every problem of all of them.
enum EntityReader {
    /// - Parameters:
    ///   - input: Standard input within a bound.
    ///   - leavingOutOthers: A folder may hold documents of other kinds; a file that is named may not.
    static func read(
        _ paths: [String], input: (Int) -> [UInt8]?, leavingOutOthers: Bool = false
    ) throws(CommandFailure) -> [EntityDocument] {
        var documents: [EntityDocument] = [], problems: [Problem] = []
        let named = Set(paths)
        for file in expand(paths, &problems) {
            let bytes: [UInt8]
            if file == "-" {
                guard let given = input(16 << 20) else {
                    problems.append(Problem(code: "ENTITY-108", file: file, path: "", message: "standard input cannot be read"))
                    continue
                }
                bytes = given
            } else {
                do throws(LocalFile.Failure) { bytes = try LocalFile.read(file) } catch {
                    problems.append(Problem(code: "ENTITY-108", file: file, path: "", message: error.description))
                    continue
                }
            }
            var validator = EntityValidator(file: file == "-" ? "standard input" : file)
            do throws(YAMLError) {
                for node in try YAMLDocument.parseAll(bytes, file: validator.file) where !node.json.isNull {
                    if leavingOutOthers, !named.contains(file), EntityValidator.isOther(node) { continue }
                    if let document = validator.read(node) { documents.append(document) }
                }
            } catch { problems += error.problems }
            problems += validator.problems.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
        }
        problems += repeated(documents)
        guard problems.isEmpty else {
            throw CommandFailure(
                problems: problems, (leavingOutOthers ? "" : "nothing was sent: ") + CommandFailure.count(problems))
        }
        guard !documents.isEmpty || leavingOutOthers else {
            throw CommandFailure(.usage, "there is no document in \(paths.joined(separator: ", "))")
        }
        let order = EntityKind.allCases
        return documents.enumerated().sorted {
            (order.firstIndex(of: $0.element.kind) ?? 0, $0.offset) < (order.firstIndex(of: $1.element.kind) ?? 0, $1.offset)
        }.map(\.element)
    }

    /// The YAML files of folders, at any depth; hidden ones are left out.
    private static func expand(_ paths: [String], _ problems: inout [Problem]) -> [String] {
        var files: [String] = [], queue = Array(paths.reversed().map { ($0, 0) })
        while let (path, depth) = queue.popLast() {
            guard path != "-", LocalFile.isFolder(path) else {
                if depth == 0 || path.hasSuffix(".yaml") || path.hasSuffix(".yml") { files.append(path) }
                continue
            }
            do throws(LocalFile.Failure) {
                guard depth < 20, files.count < 10_000 else { continue }
                let names = try LocalFile.entries(of: path).filter { !$0.hasPrefix(".") }
                let base = path.hasSuffix("/") ? path : path + "/"
                queue += names.reversed().map { (base + $0, depth + 1) }
            } catch { problems.append(Problem(code: "ENTITY-108", file: path, path: "", message: error.description)) }
        }
        return files
    }

    private static func repeated(_ documents: [EntityDocument]) -> [Problem] {
        var first: [String: EntityDocument] = [:], problems: [Problem] = []
        for document in documents {
            guard let other = first[document.title] else {
                first[document.title] = document
                continue
            }
            problems.append(
                Problem(
                    code: "ENTITY-107", file: document.file, line: document.mark.line, column: document.mark.column,
                    path: "metadata.id", message: "the \(document.title) is described at \(other.file):\(other.mark.line) already"
                ))
        }
        return problems
    }
}
