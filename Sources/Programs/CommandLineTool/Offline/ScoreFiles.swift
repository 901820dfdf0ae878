import PlatformModel

/// Score files as a person names them: files, and folders that hold some.
enum ScoreFiles {
    private static let most = 50_000

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
