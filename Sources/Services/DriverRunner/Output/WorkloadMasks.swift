import DeployTargets
import PlatformModel
import Synchronization

/// The secrets of the workloads that run here, for masking what their containers print.
final class WorkloadMasks: Sendable {
    private struct Entry {
        let mask = SecretMask()
        /// False: a replica may print secrets that are not known here.
        var isWhole = false
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The mask of a workload; nil when it does not hold every secret that the workload may print.
    func mask(of workload: WorkloadKey) -> SecretMask? {
        entries.withLock { $0[workload.description] }.flatMap { $0.isWhole ? $0.mask : nil }
    }

    /// Adds to what is known; an older replica may still print what the older deployment gave it.
    func learn(_ secrets: [String], of workload: WorkloadKey) {
        entry(workload) { _ in }.learn(secrets)
    }

    /// From now on every secret that a replica of the workload may print has been learned.
    func close(_ workload: WorkloadKey) { _ = entry(workload) { $0.isWhole = true } }

    func forget(_ workload: WorkloadKey) { entries.withLock { $0[workload.description] = nil } }

    func forget(_ environment: EnvironmentContext) {
        let prefix = WorkloadKey(environment: environment, workload: "").description
        entries.withLock { entries in
            for name in entries.keys where name.hasPrefix(prefix) { entries[name] = nil }
        }
    }

    private func entry(_ workload: WorkloadKey, _ change: (inout Entry) -> Void) -> SecretMask {
        entries.withLock { entries in
            var entry = entries[workload.description] ?? Entry()
            change(&entry)
            entries[workload.description] = entry
            return entry.mask
        }
    }
}
