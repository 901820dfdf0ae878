/// The files below a folder, hidden ones left out.
enum FolderWalk {
    private static let deepest = 20

    /// Paths in the order of their names, each folder's files where its name stands.
    ///
    /// - Throws: what keeps a folder from being read, and `EFBIG` beyond `limit` files.
    static func files(
        of folder: String, limit: Int, where isWanted: (_ name: String) -> Bool
    ) throws(LocalFile.Failure) -> [String] {
        var files: [String] = [], queue = [(folder, 0)]
        while let (path, depth) = queue.popLast() {
            guard depth == 0 || LocalFile.isFolder(path) else {
                guard isWanted(String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...])) else { continue }
                guard files.count < limit else { throw LocalFile.Failure.tooLarge(folder) }
                files.append(path)
                continue
            }
            guard depth < deepest else { continue }
            let base = path.hasSuffix("/") ? path : path + "/"
            let names = try LocalFile.entries(of: path).filter { !$0.hasPrefix(".") }
            queue += names.reversed().map { (base + $0, depth + 1) }
        }
        return files
    }
}
