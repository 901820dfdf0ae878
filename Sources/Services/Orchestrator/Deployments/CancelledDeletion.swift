import Execution
import PlatformModel
import Postgres

/// What becomes of things whose deletion was cancelled: what is gone stays gone, the rest is in use again. A deployment brings back what is
/// gone, and deleting again goes on (docs/adr/0029).
enum CancelledDeletion {
    /// - Parameter run: locked, or still waiting under the lock of its environment.
    static func restore(_ run: DeploymentStore.Run, _ stop: RunStop, _ transaction: PostgresTransaction) async throws {
        let envID = run.deployment.envID
        switch try run.scope?.decode(DestructionScope.self) {
        case .environment:
            try await ApplicationStore.lock(run.appID, transaction)
            let steps = try await StepStore.steps(of: run.deployment.id, transaction)
            try await EnvironmentStore.setStatus(
                .active, message: message(steps, stop), envID, appID: run.appID, transaction)
            try await ApplicationStore.keep(
                run.appID, message: "\(Environment.deletionCancelled): its environment '\(envID)' stays", transaction)
        case .resource(let identity): try await restore([identity], run, transaction)
        case .collection(let identities): try await restore(identities, run, transaction)
        case nil: break
        }
    }

    /// What was never told to go is as it was.
    private static func restore(
        _ identities: [ResourceIdentity], _ run: DeploymentStore.Run, _ transaction: PostgresTransaction
    ) async throws {
        try await ActiveResourceStore.restoreStatus(identities, appID: run.appID, envID: run.deployment.envID, transaction)
    }

    private static func message(_ steps: [StepStore.Step], _ stop: RunStop) -> String {
        let parts = steps.filter { $0.verb == "destroy" || $0.verb == "remove" }
        func named(_ some: [StepStore.Step]) -> String {
            let objects = Set(some.map { $0.verb == "remove" ? "its workloads" : $0.object }).sorted(),
                more = objects.count - shown
            return objects.prefix(shown).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
        }
        let gone = parts.filter { $0.state == .succeeded }, open = parts.filter { $0.state == .failed || $0.state == .unknown }
        let rest = parts.filter { $0.state == .skipped }
        var text = Environment.deletionCancelled + (stop.by.map { " by \($0)" } ?? "")
        if gone.isEmpty, open.isEmpty { return text + ": nothing was removed" }
        if !gone.isEmpty { text += "; gone: \(named(gone))" }
        if !open.isEmpty { text += "; told to stop, and perhaps half gone: \(named(open))" }
        if !rest.isEmpty { text += "; as before: \(named(rest))" }
        return text + ". Deploy to have back what is gone, or delete it again to go on."
    }

    private static let shown = 10
}
