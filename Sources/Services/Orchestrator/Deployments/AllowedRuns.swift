import PlatformModel
import Synchronization

/// The runs whose people were allowed to go on a moment ago.
final class AllowedRuns: Sendable {
    /// Whose rights count is part of it: after a retry they are another's.
    private struct Key: Hashable {
        var org: String
        var run: String
        var principal: String

        init(_ run: DeploymentStore.Run, _ org: String) {
            self.org = org
            self.run = run.deployment.id
            principal = run.deployment.actingPrincipal
        }
    }

    private let duration: Duration
    private let until = Mutex<[Key: ContinuousClock.Instant]>([:])

    /// - Parameter duration: how long an answer counts.
    init(for duration: Duration) { self.duration = duration }

    func contains(_ run: DeploymentStore.Run, org: String) -> Bool {
        until.withLock { $0[Key(run, org)] }.map { $0 > .now } ?? false
    }

    func insert(_ run: DeploymentStore.Run, org: String) {
        let now = ContinuousClock.now
        until.withLock { until in
            // No more than the runs of this moment.
            until = until.filter { $0.value > now }
            until[Key(run, org)] = now + duration
        }
    }
}
