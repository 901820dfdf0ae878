import DeployTargets
import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle

/// Forwards what containers print: read by a cursor, masked by value, handed over; the cursor is saved once it was accepted. A
/// crash between the two sends the last batch again: nothing is lost, and duplicates stay within that batch.
struct OutputPump: Service {
    let target: any DeployTarget
    let workloads: WorkloadActions
    let masks: WorkloadMasks
    let logs: RoomClient
    let database: PostgresPool
    let host: String
    /// Of this process alone.
    let source: String
    let logger: Logger

    /// Lines read at a time.
    private static let batch = 1000

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.pump() }
    }

    private func pump() async {
        var sequence: Int64 = 0
        var cursor: OutputCursor?
        while !Task.isCancelled {
            var hasMore = false
            do {
                let from: OutputCursor
                if let cursor { from = cursor } else { from = try await OutputCursorStore.load(host: host, database) }
                let batch = try await target.output(since: from, limit: Self.batch)
                if !batch.lines.isEmpty {
                    sequence += 1
                    try await forward(batch.lines, sequence: sequence)
                }
                if batch.cursor != from { try await OutputCursorStore.save(batch.cursor, host: host, database) }
                cursor = batch.cursor
                hasMore = batch.hasMore
            } catch {
                if Task.isCancelled { return }
                logger.warning("container output waits", metadata: ["cause": "\(error)"])
                cursor = nil
                try? await Task.sleep(for: .seconds(1))
            }
            if !hasMore { try? await Task.sleep(for: .milliseconds(300)) }
        }
    }

    private func forward(_ lines: [ContainerLine], sequence: Int64) async throws {
        var entries: [LogEntry] = []
        for line in lines { entries.append(entry(line, mask: await mask(of: line.key))) }
        let batch = LogBatch(source: source, sequence: sequence, entries: entries)
        while true {
            do throws(RoomError) {
                try await logs.send(.post, "/v1/logs", body: batch)
                return
            } catch {
                guard error.isTransient, !Task.isCancelled else { throw error }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func entry(_ line: ContainerLine, mask: SecretMask?) -> LogEntry {
        // What cannot be masked is not shown.
        let text =
            mask.map { $0.masked(line.text) }
            ?? "(withheld: this workload's secrets are not known here, so they cannot be masked)"
        return LogEntry(
            environment: line.key.environment, workloadID: line.key.workload, containerID: "\(line.container)",
            stream: line.stream == .stderr ? "stderr" : "stdout", level: line.stream == .notice ? "warning" : "info",
            at: line.time, line: text)
    }

    /// The secrets of a workload: known since it was deployed, or read again by its standing grant after a restart.
    private func mask(of key: WorkloadKey) async -> SecretMask? {
        if let mask = masks.mask(of: key) { return mask }
        do {
            _ = try await workloads.refresh(key)
        } catch {
            logger.warning("cannot read a workload's secrets again", metadata: ["workload": "\(key)", "cause": "\(error)"])
        }
        return masks.mask(of: key)
    }
}
