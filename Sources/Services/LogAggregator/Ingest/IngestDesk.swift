import FaultPoints
import HTTPTypes
import LogRules
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Takes batches of lines: durable before the answer, each batch once.
struct IngestDesk: Sendable {
    static let maximumEntries = 10_000

    let database: PostgresPool
    let fullness: FullnessSignal

    /// How many lines were taken, those of an earlier sending of the batch among them. A line that cannot belong to any
    /// stream, or that its organisation's limit has no room for, is left out and told in our own log: refused as a whole, a batch would be
    /// sent again for ever.
    func take(_ batch: LogBatch, _ logger: Logger) async throws -> LogBatchReply {
        guard (1...StreamIdentity.maximumLength).contains(batch.source.utf8.count) else {
            throw HTTPFailure(.unprocessableContent, "invalid", "source: 1 to \(StreamIdentity.maximumLength) bytes")
        }
        guard batch.entries.count <= Self.maximumEntries else {
            throw HTTPFailure(.unprocessableContent, "invalid", "entries: at most \(Self.maximumEntries)")
        }
        try await LogsFaults.beforeInsert.reach()
        var accepted = 0
        let organizations = Dictionary(grouping: batch.entries, by: \.orgID).sorted { $0.key < $1.key }
        for (orgID, entries) in organizations {
            let kept = entries.compactMap { Self.cleaned($0, logger) }
            guard !kept.isEmpty else { continue }
            // One transaction an organisation: a batch that was cut in between is completed when it is sent again.
            let isFull = try await database.withOrg(orgID) { transaction in
                guard let turn = try await BatchStore.claim(batch, orgID: orgID, transaction) else { return false }
                if turn.isFull { return true }
                let live = kept.filter { entry in turn.ends[[entry.appID, entry.envID]].map { entry.at > $0 } ?? true }
                try await EntryStore.insert(live, orgID: orgID, hour: turn.hour, transaction)
                return false
            }
            if isFull { fullness.tell(orgID, leavingOut: kept.count, logger) }
            accepted += kept.count
        }
        try await LogsFaults.afterInsert.reach()
        return LogBatchReply(accepted: accepted)
    }

    /// What an organisation's lines take.
    func bytes(of orgID: String) async throws -> Int64 { try await database.withOrg(orgID) { try await UsageStore.bytes($0) } }

    /// The second net: whatever the sender did, no token of ours and no control character is stored.
    private static func cleaned(_ entry: LogEntry, _ logger: Logger) -> LogEntry? {
        let identity = StreamIdentity(
            orgID: entry.orgID, appID: entry.appID, envID: entry.envID, workloadID: entry.workloadID,
            containerID: entry.containerID, node: entry.node, stream: entry.stream)
        let others = [entry.deploymentID ?? "", entry.level].filter { $0.utf8.count > StreamIdentity.maximumLength }
        guard identity.problems.isEmpty, others.isEmpty else {
            logger.warning("left out a log line", metadata: ["problems": .array(identity.problems.map { "\($0)" })])
            return nil
        }
        var entry = entry
        var reader = LogLineReader()
        // A sender cuts lines; one that did not is cut here, its line ends made visible.
        let line = entry.line.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
        entry.line = (reader.read(line) + reader.finish()).joined()
        entry.deploymentID = entry.deploymentID.map(HarmlessText.text(of:))
        entry.level = HarmlessText.text(of: entry.level)
        return entry
    }
}
