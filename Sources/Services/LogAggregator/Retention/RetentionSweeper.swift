import LogRules
import Logging
import PlatformModel
import Postgres
import ServiceLifecycle

/// Takes away what is too old or too much, organisation by organisation. Two that run at once do no harm.
struct RetentionSweeper: Service {
    /// Lines of one transaction, so that writers wait only briefly.
    private static let chunk = 10_000

    let database: PostgresPool
    let settings: RetentionSettings
    let logger: Logger
    /// Says that somebody has used their limit up.
    var fullness = FullnessSignal()

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while !Task.isCancelled {
                        self.fullness.wake()
                        try? await Task.sleep(for: self.settings.interval)
                    }
                }
                for await _ in self.fullness.wakes {
                    do { try await self.sweep() } catch {
                        if Task.isCancelled { break }
                        self.logger.warning("retention did not run", metadata: ["error": "\(error)"])
                    }
                    // Whoever is full at once again does not keep it running.
                    try? await Task.sleep(for: .seconds(1))
                    if Task.isCancelled { break }
                }
                group.cancelAll()
            }
        }
    }

    func sweep() async throws {
        for orgID in try await UsageStore.organizations(database) {
            let cutoff = try await database.withOrg(orgID) { transaction in
                try await BatchStore.sweep(orgID: orgID, transaction)
                try await EndingStore.sweep(orgID: orgID, transaction)
                let (spans, now) = try await UsageStore.spans(orgID: orgID, transaction)
                var rule = settings.rule(for: orgID)
                guard let own = try await UsageStore.limit(transaction) else { return rule.cutoff(of: spans, now: now) }
                rule.maximumBytes = own
                return rule.cutoff(of: spans, now: now, headroom: own / 10)
            }
            guard let cutoff else { continue }
            var total = 0
            while !Task.isCancelled {
                let count = try await database.withOrg(orgID) { transaction in
                    let count = try await EntryStore.delete(upTo: cutoff, limit: Self.chunk, orgID: orgID, transaction)
                    if count < Self.chunk { try await UsageStore.forget(upTo: cutoff, orgID: orgID, transaction) }
                    return count
                }
                total += count
                if count < Self.chunk { break }
            }
            logger.info("log lines were taken away", metadata: ["org": "\(orgID)", "lines": "\(total)", "until": "\(cutoff)"])
        }
    }
}
