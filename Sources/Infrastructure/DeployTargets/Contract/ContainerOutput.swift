import PlatformModel

/// One line that a container wrote. It may hold secrets: mask it before it leaves the runner.
package struct ContainerLine: Sendable, Hashable {
    package enum Stream: String, Sendable, Hashable, Codable {
        case stdout, stderr
        /// Said by the target itself, about the output: lines are missing here.
        case notice
    }

    package var key: WorkloadKey
    package var replica: String
    package var container: String
    package var stream: Stream
    package var time: Timestamp
    /// Without its line end; at most 64 KiB, longer lines come in pieces with `isPartial`.
    package var text: String
    /// The line goes on in the next one of the same stream.
    package var isPartial: Bool

    package init(
        key: WorkloadKey, replica: String, container: String, stream: Stream, time: Timestamp, text: String,
        isPartial: Bool = false
    ) {
        self.key = key
        self.replica = replica
        self.container = container
        self.stream = stream
        self.time = time
        self.text = text
        self.isPartial = isPartial
    }
}

/// How far the output was read: kept by the reader, once it has safely handed on what it got.
package struct OutputCursor: Sendable, Hashable, Codable {
    package struct Position: Sendable, Hashable, Codable {
        /// The file's inode: another one means the file was rotated.
        package var file: UInt64
        /// Bytes read, always at a line's end.
        package var offset: Int64

        package init(file: UInt64, offset: Int64) {
            self.file = file
            self.offset = offset
        }
    }

    /// By the target's own name of each container.
    package var positions: [String: Position]

    package init(positions: [String: Position] = [:]) { self.positions = positions }
}

/// What was written since a cursor.
package struct OutputBatch: Sendable, Hashable {
    /// In order per container and stream.
    package var lines: [ContainerLine]
    /// Where to go on.
    package var cursor: OutputCursor
    /// The limit cut this batch: ask again at once.
    package var hasMore: Bool

    package init(lines: [ContainerLine], cursor: OutputCursor, hasMore: Bool) {
        self.lines = lines
        self.cursor = cursor
        self.hasMore = hasMore
    }
}
