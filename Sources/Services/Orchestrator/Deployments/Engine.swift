import Execution
import FaultPoints
import Logging
import Postgres
import ServiceLifecycle

/// Claims steps and has them done, as many at a time as its limit and the bounds allow. Woken by NOTIFY, correct by polling.
///
/// Nothing is lost when it dies: its claims run out, and whoever claims them next finds what was done by its key.
struct Engine: Service {
    struct Limits: Sendable {
        /// Steps at a time.
        var concurrent = 64
        /// Of all orchestrators together. Two that claim in the same moment may go beyond by what one of them takes at once.
        var bounds = ClaimChoice.Bounds(perOrganization: 48, perEnvironment: 32, perDriver: 32)
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
    /// The same that its worker's recorder has.
    let places: EnginePlaces
    let logger: Logger

    func run() async throws {
        let held = HeldClaims()
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in database.listen("martlet_steps") { places.look() } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(limits.pollSeconds))
                    places.look()
                }
            }
            group.addTask { await keepAlive(held) }
            places.open(limits.concurrent)
            for await _ in places.wakes.cancelOnGracefulShutdown() {
                // Behind the steps that end at this moment: one claim for all their places.
                await Task.yield()
                let turn = places.turn()
                for passed in turn.passed { group.addTask { await perform(passed.claim, held) { await worker.perform(passed) } } }
                while turn.looks, !Task.isCancelled, case let claims = await claim(), !claims.isEmpty {
                    for claim in claims { group.addTask { await perform(claim, held) { await worker.perform(claim) } } }
                }
            }
            places.close()
            // What was begun stays claimed and is found by its key: the next process goes on with it.
            group.cancelAll()
        }
    }

    /// Claims what is due, for as many places as are free.
    private func claim() async -> [StepStore.Claim] {
        let free = places.take(upTo: limits.concurrent)
        guard free > 0 else {
            places.saw(nil, [])
            return []
        }
        var claims: [StepStore.Claim] = []
        do {
            let lines = try await StepStore.lines(limit: free, leaseSeconds: limits.leaseSeconds, database)
            let shares = ClaimChoice.shares(of: lines, free: free, bounds: limits.bounds)
            places.saw(lines, shares)
            claims = try await StepStore.claim(shares, owner: owner, leaseSeconds: limits.leaseSeconds, database)
        } catch {
            logger.warning("cannot claim steps", metadata: ["cause": "\(error)"])
        }
        places.give(free - claims.count)
        return claims
    }

    /// Renews every claim, and ends the work on those that are another's now.
    private func keepAlive(_ held: HeldClaims) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(limits.heartbeatSeconds))
            let claims = held.all
            // While the database is away nobody else can claim either; the fence decides in the end.
            guard !Task.isCancelled, let ours = try? await StepStore.heartbeat(claims, database) else { continue }
            held.lose(Set(claims).subtracting(ours))
        }
    }

    /// Does one step in a place that it has; stops it when the claim is lost.
    private func perform(_ claim: StepStore.Claim, _ held: HeldClaims, _ work: @escaping @Sendable () async -> Void) async {
        let lost = held.add(claim)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await FaultVerb.during(claim.verb, of: claim.node) { await work() } }
            group.addTask { for await _ in lost {} }
            await group.next()
            group.cancelAll()
        }
        held.remove(claim)
        places.leave(claim)
    }
}
