/// One COPY FROM STDIN under way.
struct CopyRun {
    /// Bytes given to libpq at a time: its buffer grows to what it is given, and never shrinks.
    static let piece = 64 << 10

    let id: UInt64
    let bytes: [UInt8]
    /// How many libpq has.
    var offset = 0
    /// The server waits for data.
    var isOpen = false
    /// It was told that there is no more.
    var isEnded = false
    var rows = 0
    var failure: PostgresError?
    let reply: CheckedContinuation<Result<Int, PostgresError>, Never>

    var result: Result<Int, PostgresError> { failure.map { .failure($0) } ?? .success(rows) }
}
