import Manifests
import Planning
import PlatformModel
import Postgres

/// Sets as the profiles of their workloads make them.
enum ProfileSets {
    /// A set as the newest versions of its profiles make it, and those of them that are the organisation's own.
    ///
    /// - Throws: `PlanningError`.
    static func newest(
        of set: DeploymentSet, _ transaction: PostgresTransaction
    ) async throws -> (set: DeploymentSet, profiles: [WorkloadProfile]) {
        let names = Set(set.modules.values.map(\.profile).filter(WorkloadProfile.isOwn))
        guard !names.isEmpty else { return (set, []) }
        let all = try await ProfileStore.list(transaction).map(\.profile)
        return (try applied(all, to: set), all.filter { names.contains($0.id) })
    }

    /// - Throws: `PlanningError`.
    static func applied(_ profiles: [WorkloadProfile], to set: DeploymentSet) throws -> DeploymentSet {
        do throws(ManifestProblems) { return try WorkloadProfile.applied(profiles, to: set) } catch {
            throw PlanningError(error.problems)
        }
    }

    /// The set of a deployment that is planned, with the profiles that it was planned with.
    static func content(
        of setID: String, deploymentID: String, appID: String, _ transaction: PostgresTransaction
    ) async throws -> DeploymentSet {
        let set = try await SetStore.content(setID, appID: appID, transaction) ?? DeploymentSet()
        guard set.modules.values.contains(where: { WorkloadProfile.isOwn($0.profile) }) else { return set }
        return try applied(try await ProfileStore.pinned(to: deploymentID, transaction), to: set)
    }
}
