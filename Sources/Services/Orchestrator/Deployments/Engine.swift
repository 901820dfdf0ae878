import Logging
import Postgres
import ServiceLifecycle

/// Claims steps and has them done, as many at a time as its limit allows. Woken by NOTIFY, correct by polling.
///
/// Nothing is lost when it dies: its claims run out, and whoever claims them next finds what was done by its key.
struct Engine: Service {
    struct Limits: Sendable {
        /// Steps at a time.
        var concurrent = 32
        /// Claims in one query.
        var batch = 16
        var heartbeatSeconds = 2.0
        /// Without a heartbeat for this long a claim may be taken over: two heartbeats.
        var leaseSeconds = 4.0
        /// How often to look, when nobody notifies.
        var pollSeconds = 1.0
    }

    let database: PostgresPool
    let worker: StepWorker
    /// `host/process`, new with each start.
    let owner: String
    var limits = Limits()
    let logger: Logger

    func run() async throws {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let slots = ClaimSlots(limits.concurrent)
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in database.listen("martlet_steps") { wake.yield() } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(limits.pollSeconds))
                    wake.yield()
                }
            }
            wake.yield()
            for await _ in wakes.cancelOnGracefulShutdown() { await claimAll(&group, slots, wake) }
            // What was begun stays claimed and is found by its key: the next process goes on with it.
            group.cancelAll()
        }
    }

    /// Claims until nothing is due or every slot is taken.
    private func claimAll(
        _ group: inout DiscardingTaskGroup, _ slots: ClaimSlots, _ wake: AsyncStream<Void>.Continuation
    ) async {
        while !Task.isCancelled {
            let free = slots.take(upTo: limits.batch)
            guard free > 0 else { return }
            var claims: [StepStore.Claim] = []
            do {
                claims = try await StepStore.claim(
                    owner: owner, limit: free, leaseSeconds: limits.leaseSeconds, database)
            } catch {
                logger.warning("cannot claim steps", metadata: ["cause": "\(error)"])
            }
            slots.give(free - claims.count)
            for claim in claims {
                group.addTask {
                    await perform(claim)
                    slots.give(1)
                    wake.yield()
                }
            }
            if claims.count < free { return }
        }
    }

    /// Does one step under a heartbeat; stops it when the claim is lost.
    private func perform(_ claim: StepStore.Claim) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await worker.perform(claim) }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(limits.heartbeatSeconds))
                    if Task.isCancelled { return }
                    // While the database is away nobody else can claim either; the fence decides in the end.
                    guard let ours = try? await StepStore.heartbeat(claim, database) else { continue }
                    if !ours { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
