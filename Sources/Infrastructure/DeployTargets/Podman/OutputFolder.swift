import PlatformModel
import Synchronization

/// What the containers write: `ROOT/<container>/{log,about}` on a bounded tmpfs. conmon writes and rotates `log`, as root;
/// the files are made here first, so that the runner, which is not root, owns them. Rotation keeps only the newest part.
final class OutputFolder: Sendable {
    /// Whose output a folder holds, beside it, because it outlives its container until it has been read.
    private struct About: Codable {
        var key: WorkloadKey
        var replica: String
        var container: String
        /// The first output file: a reader that starts with another one comes too late for some lines.
        var file: UInt64
    }

    private struct State {
        var open: [String: OutputFile] = [:]
        /// The file that the next rotation takes.
        var following: [String: UInt64] = [:]
        /// Since when a folder has had no container (milliseconds).
        var orphans: [String: Int64] = [:]
    }

    /// Output of a container that is gone is kept for its reader this long (milliseconds).
    private static let keptUnread: Int64 = 900_000
    private static let chunk = 256 << 10

    let root: PrivateFolder
    // The files are touched only inside the lock.
    private let state = Mutex(State())

    init(root: String) { self.root = PrivateFolder(path: root) }

    func path(_ container: String) -> String { "\(root.path)/\(container)/log" }

    func prepare(_ name: String, key: WorkloadKey, replica: String, container: String) throws(PrivateFolder.Failure) {
        try root.make()
        try root.makeFolder(name, mode: 0o700)
        let folder = root.folder(name)
        try folder.touch("log")
        try folder.touch("log.tmp")
        guard !folder.exists("about") else { return }
        let file = OutputFile(path: path(name))?.inode ?? 0
        let about = try? JSON.encode(About(key: key, replica: replica, container: container, file: file))
        try folder.write("about", about ?? [], mode: 0o600)
    }

    /// The newest lines of a container, for the report of a failure.
    func lastLines(_ name: String, count: Int) -> [String] {
        guard let file = OutputFile(path: path(name)) else { return [] }
        let from = max(0, file.size - Int64(Self.chunk / 8))
        return file.lines(from: from, limit: Self.chunk / 8).lines.suffix(count).compactMap {
            KubernetesLogFormat.parse($0)?.text
        }
    }

    /// Containers whose file is there but not ours to read: conmon rotated twice before we looked.
    func unreadable() -> [(replica: String, container: String)] {
        root.entries.compactMap { name in
            let isClosed = root.folder(name).exists("log") && OutputFile(path: path(name)) == nil
            return isClosed ? about(name).map { ($0.replica, $0.container) } : nil
        }
    }

    func read(since cursor: OutputCursor, limit: Int, now: Timestamp) -> OutputBatch {
        state.withLock { state in
            var batch = OutputBatch(lines: [], cursor: cursor, hasMore: false)
            let names = root.entries.sorted()
            for name in names {
                // conmon takes this file when it rotates; made by us, it stays readable for us.
                let following = state.following[name]
                try? root.folder(name).touch("log.tmp")
                state.following[name] = OutputFile(path: path(name) + ".tmp")?.inode
                read(name, limit, now, following, &state, &batch)
            }
            for name in cursor.positions.keys where !names.contains(name) { batch.cursor.positions[name] = nil }
            for name in state.following.keys where !names.contains(name) {
                state.open[name] = nil
                state.following[name] = nil
            }
            return batch
        }
    }

    private func read(
        _ name: String, _ limit: Int, _ now: Timestamp, _ following: UInt64?, _ state: inout State, _ batch: inout OutputBatch
    ) {
        guard let about = about(name) else { return }
        var position = batch.cursor.positions[name]
        if state.open[name] == nil || state.open[name]?.inode != position?.file {
            state.open[name] = OutputFile(path: path(name))
        }
        while let file = state.open[name] {
            if position?.file != file.inode {
                // The rest of the file before this one was not read in time.
                if (position?.file ?? about.file) != file.inode { batch.lines.append(notice(about, now)) }
                position = OutputCursor.Position(file: file.inode, offset: 0)
            }
            guard var place = position else { return }
            if place.offset > file.size { place.offset = 0 }
            while batch.lines.count < limit {
                let (lines, next) = file.lines(from: place.offset, limit: Self.chunk)
                let taken = lines.prefix(limit - batch.lines.count)
                batch.lines += taken.compactMap { line(about, $0) }
                place.offset = taken.count == lines.count ? next : place.offset + Int64(taken.map { $0.count + 1 }.reduce(0, +))
                if next == place.offset, lines.isEmpty { break }
            }
            position = place
            batch.cursor.positions[name] = place
            if batch.lines.count >= limit {
                batch.hasMore = true
                return
            }
            // Read to its end: when it was rotated away, the newer file is next. Another one than was laid out means that it was
            // rotated more than once.
            guard let newer = OutputFile(path: path(name)), newer.inode != file.inode else { return }
            if let following, newer.inode != following { batch.lines.append(notice(about, now)) }
            state.open[name] = newer
            position = OutputCursor.Position(file: newer.inode, offset: 0)
        }
    }

    private func about(_ name: String) -> About? {
        guard let file = OutputFile(path: "\(root.path)/\(name)/about") else { return nil }
        let bytes = file.bytes(limit: 4096)
        return try? JSON.decode(About.self, from: bytes)
    }

    private func line(_ about: About, _ bytes: ArraySlice<UInt8>) -> ContainerLine? {
        guard let entry = KubernetesLogFormat.parse(bytes) else { return nil }
        return ContainerLine(
            key: about.key, replica: about.replica, container: about.container, stream: entry.stream, time: entry.time,
            text: entry.text, isPartial: entry.isPartial)
    }

    private func notice(_ about: About, _ now: Timestamp) -> ContainerLine {
        ContainerLine(
            key: about.key, replica: about.replica, container: about.container, stream: .notice, time: now,
            text: "lines are missing here: the container wrote faster than its output was read")
    }

    /// Removes what containers left that are gone, once it has been read to its end (by the cursor that came back) or is old.
    func sweep(living: Set<String>, read cursor: OutputCursor, nowMilliseconds now: Int64) {
        state.withLock { state in
            for name in root.entries where !living.contains(name) {
                let since = state.orphans[name, default: now]
                state.orphans[name] = since
                let size = OutputFile(path: path(name))
                let isRead = size.map { cursor.positions[name] == .init(file: $0.inode, offset: $0.size) } ?? true
                guard isRead || now - since > Self.keptUnread else { continue }
                root.remove(name)
                state.orphans[name] = nil
                state.open[name] = nil
            }
            for name in state.orphans.keys where living.contains(name) { state.orphans[name] = nil }
        }
    }
}
