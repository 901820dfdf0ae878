import FaultPoints
import Logging
import PlatformModel
import Postgres
import ServiceLifecycle

/// Claims looks at environments: those that were asked for at once, those of the schedule when they are due. A few at a time, beside the
/// engine and not in its slots, so that no deployment waits for them.
struct DriftWatch: Service {
    struct Limits: Sendable {
        var concurrent = 2
        var heartbeatSeconds = 2.0
        var leaseSeconds = 4.0
        var pollSeconds = 5.0
        /// How often an environment is looked at by itself.
        var everyHours = 24
    }

    let database: PostgresPool
    let desk: DriftDesk
    let owner: String
    let limits: Limits
    let logger: Logger

    func run() async throws {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let slots = ClaimSlots(limits.concurrent)
        var seen: Timestamp??
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in database.listen(DriftQueue.channel) { wake.yield() } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(limits.pollSeconds))
                    wake.yield()
                }
            }
            wake.yield()
            for await _ in wakes.cancelOnGracefulShutdown() {
                let free = slots.take(upTo: limits.concurrent)
                guard free > 0 else { continue }
                let claims = await claims(free, &seen)
                slots.give(free - claims.count)
                for claim in claims {
                    group.addTask {
                        await perform(claim)
                        slots.give(1)
                        wake.yield()
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// - Parameter seen: When the database came to its server, as far as was seen.
    private func claims(_ limit: Int, _ seen: inout Timestamp??) async -> [DriftQueue.Claim] {
        do {
            let replacement = try await ServerReplacement.newest(database)
            if let seen, seen != replacement?.at {
                logger.warning(
                    """
                    the database came to another server, which may lack what its predecessor acknowledged last: every environment is \
                    looked at, and what was begun before is looked for by its key
                    """)
            }
            seen = .some(replacement?.at)
            _ = try await DriftQueue.schedule(hours: limits.everyHours, limit: limit, database)
            return try await DriftQueue.claim(owner: owner, limit: limit, leaseSeconds: limits.leaseSeconds, database)
        } catch {
            logger.warning("cannot claim looks", metadata: ["cause": "\(error)"])
            return []
        }
    }

    private func perform(_ claim: DriftQueue.Claim) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await FaultVerb.during("inspect") { await desk.perform(claim) } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(limits.heartbeatSeconds))
                    if Task.isCancelled { return }
                    guard let ours = try? await DriftQueue.leases.heartbeat(claim.lease, database) else { continue }
                    if !ours { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
