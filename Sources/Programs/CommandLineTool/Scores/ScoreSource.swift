import PlatformModel
import ScoreSpec
import Synchronization

/// A Score file on disk, and the files that its `source` keys name, seen from its folder.
final class ScoreSource: Sendable {
    let path: String
    /// For problems.
    let name: String
    private let contents = Mutex<[String: [UInt8]]>([:])

    init(path: String) {
        self.path = path
        name = path == "-" ? "standard input" : path
    }

    func text(input: (Int) -> [UInt8]?) throws(ScoreProblems) -> [UInt8] {
        guard path == "-" else { return try Self.read(path) }
        guard let bytes = input(4 << 20) else {
            throw ScoreProblems([
                Problem(code: "SCORE-207", file: name, path: "", message: "it has more than 4 MiB, or cannot be read")
            ])
        }
        return bytes
    }

    static func read(_ path: String) throws(ScoreProblems) -> [UInt8] {
        do throws(LocalFile.Failure) { return try LocalFile.read(path) } catch {
            throw ScoreProblems([Problem(code: "SCORE-207", file: path, path: "", message: error.description)])
        }
    }

    /// The content of a file that the Score file names; remembered, to be sent along. Nil for one that a link leads out of the folder to,
    /// and for what is no ordinary file.
    func content(_ named: String) -> [UInt8]? {
        let file = path == "-" ? named : LocalFile.path(named, besideFile: path)
        guard LocalFile.isOrdinary(file, within: LocalFile.folder(of: path == "-" ? "" : path)) else { return nil }
        // One byte more than is allowed, so that the reader can say what is too large.
        guard let bytes = try? LocalFile.read(file, limit: (1 << 20) + 1) else { return nil }
        contents.withLock { $0[named] = bytes }
        return bytes
    }

    /// What `source` named: path as written -> base64.
    var sources: [String: String] {
        contents.withLock { $0.mapValues { Base64.encode($0) } }
    }
}
