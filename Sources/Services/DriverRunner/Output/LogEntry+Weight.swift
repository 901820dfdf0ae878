import ServiceAPI

extension LogEntry {
    /// Bytes of lines in one batch: a line of control characters grows sixfold in JSON, and the log aggregator takes 16 MiB.
    static let batchBytes = 2 << 20

    /// About as many bytes as it has; for bounds.
    var weight: Int { line.utf8.count + 256 }

    /// How many of the first entries go into one batch; at least one, if there is one.
    static func count(of entries: some Collection<LogEntry>, upTo lines: Int) -> Int {
        var bytes = 0, count = 0
        for entry in entries.prefix(lines) {
            bytes += entry.weight
            if bytes > batchBytes, count > 0 { break }
            count += 1
        }
        return count
    }
}
