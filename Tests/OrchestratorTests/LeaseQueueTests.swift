import Postgres
import TestSupport
import Testing

@testable import Orchestrator

/// The one store of leases, by the queues that use it.
@Suite struct LeaseQueueTests {
    private static func claim(_ harness: Harness, lease: Double = 60) async throws -> LeaseQueue.Lease? {
        try await RolloutQueueStore.leases.claim(owner: "me", limit: 10, leaseSeconds: lease, harness.pool).first
    }

    private static func enqueue(_ harness: Harness) async throws {
        try await harness.pool.withOrg("acme") { try await RolloutQueueStore.enqueue("r1", orgID: "acme", $0) }
    }

    @Test func oneHoldsItUntilItIsGivenBackOrLost() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await Self.enqueue(harness)
            let first = try #require(try await Self.claim(harness))
            #expect(first.orgID == "acme" && first.keys == ["r1"] && !first.isOverdue)
            #expect(try await Self.claim(harness) == nil)
            #expect(try await RolloutQueueStore.leases.heartbeat(first, harness.pool))
            // Not heard of for longer than the lease.
            let second = try #require(try await Self.claim(harness, lease: 0))
            #expect(second.fence > first.fence)
            #expect(try await !RolloutQueueStore.leases.heartbeat(first, harness.pool))
            try await RolloutQueueStore.leases.release(first, afterSeconds: 0, harness.pool)
            #expect(try await Self.claim(harness) == nil, "what was lost cannot be given back")
            #expect(try await !harness.pool.withOrg("acme") { try await RolloutQueueStore.leases.finish(first, $0) })
            #expect(try await harness.pool.withOrg("acme") { try await RolloutQueueStore.leases.holds(second, $0) })
            try await RolloutQueueStore.leases.release(second, afterSeconds: 0, harness.pool)
            let third = try #require(try await Self.claim(harness))
            #expect(try await harness.pool.withOrg("acme") { try await RolloutQueueStore.leases.finish(third, $0) })
            #expect(try await Self.claim(harness, lease: 0) == nil)
        }
    }

    /// Who holds it has looked already, and puts it off: the wake counts all the same.
    @Test func aWakeIsNotLostToWhoHoldsIt() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await Self.enqueue(harness)
            for wake in [true, false] {
                let lease = try #require(try await Self.claim(harness))
                if wake { try await RolloutQueueStore.wake("acme r1", harness.pool) }
                try await RolloutQueueStore.leases.release(lease, afterSeconds: 3600, harness.pool)
            }
            #expect(try await Self.claim(harness) == nil, "nobody woke it the second time")
            try await Self.enqueue(harness)
            let again = try #require(try await Self.claim(harness))
            try await RolloutQueueStore.wake("acme other", harness.pool)
            try await RolloutQueueStore.wake("nonsense", harness.pool)
            try await RolloutQueueStore.leases.release(again, afterSeconds: 3600, harness.pool)
            #expect(try await Self.claim(harness) == nil)
        }
    }
}
