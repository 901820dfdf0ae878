import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Sends an environment's lines as they come. Woken by NOTIFY, and correct without: it looks each second.
struct LogTail: Sendable {
    /// Lines read at a time.
    private static let batch = 200
    /// The reader then comes back through the gateway, which asks again who it is and what it may see.
    private static let longestLife = Duration.seconds(300)

    let database: PostgresPool
    let signals: ChannelSignals

    /// Sends the lines after an id; without one the last `limit` lines first. Returns when everything is sent and the filter
    /// does not follow; otherwise it is cut.
    func send(_ filter: LogFilter, after lastID: Int64?, to sink: EventSink) async throws {
        let subscription = signals.subscribe(filter.orgID)
        defer { signals.unsubscribe(subscription) }
        let end = ContinuousClock.now + Self.longestLife
        var last: Int64
        if let lastID { last = lastID } else { last = try await beginning(of: filter) }
        while !sink.isClosed {
            let entries = try await database.withOrg(filter.orgID) { [last] in
                try await EntryStore.entries(of: filter, after: last, limit: Self.batch, $0)
            }
            for entry in entries {
                try await sink.send(entry.event())
                last = entry.id
            }
            if entries.isEmpty {
                guard filter.follows else { return }
                await signals.next(subscription, within: .seconds(1))
            }
            if ContinuousClock.now > end { throw CancellationError() }
        }
    }

    /// The id before the oldest line that is shown at first.
    private func beginning(of filter: LogFilter) async throws -> Int64 {
        try await database.withOrg(filter.orgID) { try await EntryStore.idBeforeLast(filter.limit, of: filter, $0) }
    }
}
