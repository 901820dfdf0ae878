import PlatformModel
import Synchronization

/// A target that runs nothing and keeps the objects as a cluster would: for tests of what stands above, and to see what a
/// deployment would hand over. It refuses what the Podman target refuses.
package final class RecordingTarget: DeployTarget {
    /// What a cluster would hold of one workload.
    package struct Record: Sendable {
        package var revision: String
        package var mark: String
        /// As given, secret values included: they stay in memory.
        package var objects: [JSON]
        package var status: WorkloadStatus
        /// What the newest apply was to wait for.
        package var success: DeployCondition.Success
        /// How often a new revision was rolled out.
        package var rollouts: Int
    }

    private struct State {
        var records: [WorkloadKey: Record] = [:]
        var lines: [ContainerLine] = []
    }

    private let state = Mutex(State())
    /// Decides whether a bundle that is well formed fails to run.
    private let failure: @Sendable (WorkloadBundle) -> DeployError?

    package init(failure: @escaping @Sendable (WorkloadBundle) -> DeployError? = { _ in nil }) { self.failure = failure }

    package var records: [WorkloadKey: Record] { state.withLock(\.records) }

    /// Adds a line to the output, as if a container had written it.
    package func write(_ line: ContainerLine) { state.withLock { $0.lines.append(line) } }

    package func check(_ bundle: WorkloadBundle) -> [Problem] { BundleReader.read(bundle).problems }

    package func apply(
        _ bundle: WorkloadBundle, progress: @escaping @Sendable (String) -> Void
    ) async throws(DeployError) -> WorkloadStatus {
        let plan = try BundleReader.plan(of: bundle)
        if let standing = records[bundle.key], standing.revision == bundle.revision {
            state.withLock { $0.records[bundle.key]?.success = bundle.success }
            return standing.status
        }
        if let failure = failure(bundle) { throw failure }
        let wanted = plan.isJob ? 1 : plan.replicas
        let names = (0..<wanted).map { "\(bundle.key.workload)-\($0)" }
        let status = WorkloadStatus(
            key: bundle.key, revision: bundle.revision, mark: bundle.mark, phase: plan.isJob ? .completed : .available,
            wanted: wanted, ready: plan.isJob ? 0 : wanted,
            replicas: names.map { ReplicaStatus(name: $0, revision: bundle.revision, state: plan.isJob ? .exited : .ready) })
        state.withLock { state in
            let rollouts = (state.records[bundle.key]?.rollouts ?? 0) + 1
            state.records[bundle.key] = Record(
                revision: bundle.revision, mark: bundle.mark, objects: bundle.objects, status: status,
                success: bundle.success, rollouts: rollouts)
        }
        progress("\(wanted) of \(wanted) replica(s) ready")
        return status
    }

    package func observe(_ environment: EnvironmentContext) async throws(DeployError) -> [WorkloadStatus] {
        records.filter { $0.key.environment == environment }.values.map(\.status).sorted { $0.key.workload < $1.key.workload }
    }

    package func remove(_ workload: WorkloadKey) async throws(DeployError) {
        state.withLock { $0.records[workload] = nil }
    }

    package func removeEnvironment(_ environment: EnvironmentContext) async throws(DeployError) {
        state.withLock { state in
            for key in state.records.keys where key.environment == environment { state.records[key] = nil }
        }
    }

    package func output(since cursor: OutputCursor, limit: Int) async throws(DeployError) -> OutputBatch {
        state.withLock { state in
            let from = Int(cursor.positions["recording"]?.offset ?? 0)
            let lines = Array(state.lines.dropFirst(from).prefix(limit))
            let next = OutputCursor(positions: ["recording": .init(file: 1, offset: Int64(from + lines.count))])
            return OutputBatch(lines: lines, cursor: next, hasMore: from + lines.count < state.lines.count)
        }
    }
}
