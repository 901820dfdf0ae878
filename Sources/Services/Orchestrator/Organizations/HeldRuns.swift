import Logging
import Postgres
import ServiceLifecycle

/// Lets runs begin that their organisation's state or limit kept from it, the longest held first. Woken by NOTIFY, correct by polling.
struct HeldRuns: Service {
    let database: PostgresPool
    let logger: Logger
    var pollSeconds = 2.0

    func run() async throws {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in database.listen(HeldEnvironmentStore.channel) { wake.yield() } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(pollSeconds))
                    wake.yield()
                }
            }
            wake.yield()
            for await _ in wakes.cancelOnGracefulShutdown() { await look() }
            group.cancelAll()
        }
    }

    private func look() async {
        do {
            // Where one may not begin, none behind it may either: what ends in between is for the one that waits longest.
            var full: Set<String> = []
            for place in try await HeldEnvironmentStore.due(database) where !full.contains(place.orgID) {
                let isHeld = try await database.withOrg(place.orgID) { transaction in
                    let isHeld = try await RunQueue.startNext(
                        orgID: place.orgID, appID: place.appID, envID: place.envID, turn: .held, transaction)
                    if !isHeld {
                        try await HeldEnvironmentStore.delete(appID: place.appID, envID: place.envID, transaction)
                    }
                    return isHeld
                }
                if isHeld { full.insert(place.orgID) }
            }
        } catch {
            if Task.isCancelled { return }
            logger.warning("runs that were held did not begin; the next look tries again", metadata: ["cause": "\(error)"])
        }
    }
}
