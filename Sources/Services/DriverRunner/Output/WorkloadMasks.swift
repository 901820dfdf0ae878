import DeployTargets
import Synchronization

/// The secrets of the workloads that run here, for masking what their containers print.
final class WorkloadMasks: Sendable {
    private let masks = Mutex<[String: SecretMask]>([:])

    func mask(of workload: WorkloadKey) -> SecretMask? { masks.withLock { $0[workload.description] } }

    /// Adds to what is known; an older replica may still print what the older deployment gave it.
    func learn(_ secrets: [String], of workload: WorkloadKey) {
        let mask = masks.withLock { masks -> SecretMask in
            let mask = masks[workload.description] ?? SecretMask()
            masks[workload.description] = mask
            return mask
        }
        mask.learn(secrets)
    }

    func forget(_ workload: WorkloadKey) { masks.withLock { $0[workload.description] = nil } }
}
