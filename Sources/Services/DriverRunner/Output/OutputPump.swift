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
        var isSaved = true
        while !Task.isCancelled {
            var hasMore = false
            do {
                let from: OutputCursor
                if let cursor { from = cursor } else { from = try await OutputCursorStore.load(host: host, database) }
                let batch = try await target.output(since: from, limit: Self.batch)
                try await forward(batch.lines, &sequence)
                if batch.cursor != from { isSaved = false }
                // Accepted: what goes wrong from here on sends nothing again.
                cursor = batch.cursor
                if !isSaved { try await OutputCursorStore.save(batch.cursor, host: host, database) }
                isSaved = true
                hasMore = batch.hasMore
            } catch {
                if Task.isCancelled { return }
                logger.warning("container output waits", metadata: ["cause": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
            if !hasMore { try? await Task.sleep(for: .milliseconds(300)) }
        }
    }

    private func forward(_ lines: [ContainerLine], _ sequence: inout Int64) async throws {
        var known: [WorkloadKey: SecretMask?] = [:]
        var entries: [LogEntry] = []
        for line in lines {
            let mask: SecretMask?
            if let found = known[line.key] { mask = found } else { mask = try await workloads.mask(of: line.key) }
            known[line.key] = .some(mask)
            entries.append(entry(line, mask: mask))
        }
        var rest = entries[...]
        while !rest.isEmpty {
            let part = rest.prefix(LogEntry.count(of: rest, upTo: rest.count))
            rest = rest.dropFirst(part.count)
            sequence += 1
            try await send(LogBatch(source: source, sequence: sequence, entries: Array(part)))
        }
    }

    /// Sends until it is accepted; the same batch sent twice is stored once. What the log aggregator refuses for good is left out:
    /// sent again it would hold up every other line.
    private func send(_ batch: LogBatch) async throws {
        while true {
            do throws(RoomError) {
                try await logs.send(.post, "/v1/logs", body: batch)
                return
            } catch {
                if Task.isCancelled || error.kind == .cancelled { throw error }
                guard error.isTransient else {
                    return logger.error(
                        "container output refused", metadata: ["cause": "\(error)", "lines": "\(batch.entries.count)"])
                }
                logger.warning("container output waits", metadata: ["cause": "\(error)"])
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
}
