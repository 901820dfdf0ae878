import Logging
import PlatformModel
import Synchronization

/// Newer replicas that nobody waits for take the place of older ones.
extension Supervisor {
    /// The workloads with older replicas that are to go now; each is taken up once, until `succeed` has ended.
    func dueSuccessions() -> [WorkloadKey] {
        state.withLock { state in
            guard state.entries.values.contains(where: { $0.replica.plan?.retires != nil }) else { return [] }
            let byKey = Dictionary(grouping: state.entries.values.filter { !$0.machine.isLeaving }, by: \.replica.key)
            let due = byKey.filter { key, entries in
                !state.succeeding.contains(key) && entries.contains { $0.replica.plan?.retires != nil }
                    && !Succession.retired(entries.map { $0.replica.succession(isReady: $0.machine.isReady) }).isEmpty
            }
            .map(\.key)
            state.succeeding.formUnion(due)
            return due
        }
    }

    /// Out of the routes, then away. What fails is tried again after the next look.
    func succeed(_ key: WorkloadKey) async {
        do {
            try await gate.hold(key) { () async throws(DeployError) in
                // While the gate was another's, a rollout may have changed what stands.
                let replicas = try await standing(key.environment).filter { $0.key == key }
                let entries = state.withLock(\.entries)
                let retired = Succession.retired(
                    replicas.map { $0.succession(isReady: entries[$0.name]?.machine.isReady ?? false) })
                let old = replicas.filter { retired.contains($0.tag) }
                guard !old.isEmpty else { return }
                logger.info("newer replicas are ready", metadata: ["workload": "\(key)", "older": "\(old.count)"])
                try await publish(key)
                try await retire(old, of: key)
            }
        } catch {
            logger.warning(
                "older replicas were not taken away", metadata: ["workload": "\(key)", "reason": "\(error.message)"])
        }
        _ = state.withLock { $0.succeeding.remove(key) }
    }

    /// Old replicas are out of the routes before they get a signal.
    func retire(_ old: [StandingReplica], of key: WorkloadKey) async throws(DeployError) {
        markLeaving(old)
        try await publish(key)
        do { try await Task.sleep(for: configuration.drain) } catch {
            throw DeployError(code: "DEP-006", kind: .transient, message: "cancelled")
        }
        try await TargetFaults.afterDrain.reachOrFail()
        try await stopAndRemove(old)
    }
}
