import FaultPoints
import Logging
import Postgres
import ServiceLifecycle

/// Claims rollouts and has them advanced. Woken by NOTIFY, correct by polling; nothing is lost when it dies, since its claims run out and
/// what is to be done follows from what is on record.
struct RolloutEngine: Service {
    let database: PostgresPool
    let worker: RolloutWorker
    /// `host/process`, new with each start.
    let owner: String
    var heartbeatSeconds = 2.0
    let logger: Logger

    /// Rollouts at a time.
    private static let limit = 8
    private static let pollSeconds = 1.0
    /// How long until another try, when somebody does not answer.
    private static let retrySeconds = 1.0

    func run() async throws {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let slots = ClaimSlots(Self.limit)
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in database.listen(RolloutQueueStore.channel) { wake.yield() } }
            group.addTask { await hearEnds(wake) }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Self.pollSeconds))
                    wake.yield()
                }
            }
            wake.yield()
            for await _ in wakes.cancelOnGracefulShutdown() { await claimAll(&group, slots, wake) }
            group.cancelAll()
        }
    }

    /// Deployments that rollouts wait for have ended.
    private func hearEnds(_ wake: AsyncStream<Void>.Continuation) async {
        for await notification in database.listen(RolloutQueueStore.endings) {
            if case .notified(let payload) = notification {
                do { try await RolloutQueueStore.wake(payload, database) } catch {
                    // It is looked at in a while all the same.
                    logger.warning("rollout not woken", metadata: ["rollout": "\(payload)", "cause": "\(error)"])
                }
            }
            wake.yield()
        }
    }

    private func claimAll(
        _ group: inout DiscardingTaskGroup, _ slots: ClaimSlots, _ wake: AsyncStream<Void>.Continuation
    ) async {
        let free = slots.take(upTo: Self.limit)
        guard free > 0 else { return }
        var claims: [RolloutQueueStore.Claim] = []
        do {
            claims = try await RolloutQueueStore.claim(
                owner: owner, limit: free, leaseSeconds: heartbeatSeconds * 2, database)
        } catch {
            logger.warning("cannot claim rollouts", metadata: ["cause": "\(error)"])
        }
        slots.give(free - claims.count)
        for claim in claims {
            group.addTask {
                let isDue = await perform(claim)
                slots.give(1)
                if isDue { wake.yield() }
            }
        }
    }

    /// Advances one under a heartbeat; stops when the claim is lost.
    ///
    /// - Returns: Whether there is more to do at once.
    private func perform(_ claim: RolloutQueueStore.Claim) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await FaultVerb.during("rollout") { await advance(claim) } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(heartbeatSeconds))
                    if Task.isCancelled { return false }
                    // While the database is away nobody else can claim either; the fence decides in the end.
                    guard let ours = try? await RolloutQueueStore.leases.heartbeat(claim.lease, database) else { continue }
                    if !ours { return false }
                }
                return false
            }
            let isDue = await group.next() ?? false
            group.cancelAll()
            return isDue
        }
    }

    private func advance(_ claim: RolloutQueueStore.Claim) async -> Bool {
        var seconds = Self.retrySeconds
        do {
            guard let next = try await worker.advance(claim) else { return false }
            seconds = next
        } catch {
            // The program ends, or the claim was lost: it stays claimable.
            if Task.isCancelled || error is CancellationError || error is LostClaim { return false }
            logger.warning("rollout put off", metadata: ["rollout": "\(claim.rolloutID)", "cause": "\(error)"])
        }
        do { try await RolloutQueueStore.leases.release(claim.lease, afterSeconds: seconds, database) } catch {
            // Nothing is lost: the claim runs out by itself.
            logger.warning("claim not given back", metadata: ["rollout": "\(claim.rolloutID)", "cause": "\(error)"])
            return false
        }
        return seconds == 0
    }
}
