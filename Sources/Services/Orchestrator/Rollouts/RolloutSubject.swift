import AccessControl
import Manifests
import PlatformModel
import Postgres
import ServiceRuntime

/// What is rolled out, and where it would change something.
struct RolloutSubject {
    /// Of a definition, and of an organisation's own profile.
    var version: String?
    /// The active version that this one is to take the place of.
    var replaces: String?
    var environments: [EnvironmentContext]

    /// - Throws: 404 for what is not there; 403 for who may not make another version active; 409 for one that nothing would take.
    static func definition(
        _ id: String, version: String?, _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> RolloutSubject {
        let active = try await DefinitionDesk.require(id, transaction).definition
        guard let version, version != active.versionID else {
            return RolloutSubject(
                version: active.versionID,
                environments: try await RolloutScope.environments(of: active, orgID: call.orgID, transaction))
        }
        // Whoever rolls out another version changes the definition for everybody.
        try call.authorize(.changeDefinitions, envType: "")
        let wanted = try await DefinitionVersionRoutes.require(version, of: id, transaction).definition
        try await DefinitionVersionRoutes.check(wanted, call.orgID, transaction)
        let environments = try await RolloutScope.environments(of: wanted, orgID: call.orgID, transaction)
        guard !environments.isEmpty else {
            throw HTTPFailure.conflict(
                "version: no environment would be changed by '\(version)', so that there is nothing to roll out; make it the active "
                    + "version of '\(id)' with 'martlet definition promote'")
        }
        return RolloutSubject(version: version, replaces: active.versionID, environments: environments)
    }

    /// - Throws: 400 for one that is not there.
    static func profile(
        _ id: String, _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> RolloutSubject {
        let own = try await ProfileStore.profile(id, transaction)
        if own == nil, WorkloadRenderer.builtIn(id) == nil {
            let known = WorkloadProfile.builtIn.map(\.id) + (try await ProfileStore.list(transaction).map(\.profile.id))
            let nearest = nearestName(to: id, among: known).map { "; did you mean '\($0)'?" } ?? ""
            throw HTTPFailure.invalid(
                "profile_id: there is no workload profile '\(id)'\(nearest) There are: \(known.joined(separator: ", "))")
        }
        return RolloutSubject(
            version: own?.profile.versionID,
            environments: try await RolloutScope.environments(ofProfile: id, orgID: call.orgID, transaction))
    }

    /// Nil where it is gone.
    static func activeVersion(of rollout: Rollout, _ transaction: PostgresTransaction) async throws -> String? {
        switch rollout.kind {
        case .definition: try await DefinitionStore.definition(rollout.subject, transaction)?.definition.versionID
        case .profile: try await ProfileStore.profile(rollout.subject, transaction)?.profile.versionID
        }
    }
}

extension Rollout {
    /// Whether its version is still to become the active one: nothing was deployed by it, and nobody else has changed the definition.
    func isYetToActivate(over active: String?) -> Bool {
        replaces != nil && active == replaces && active != version && targets.allSatisfy { $0.attempt == 0 }
    }
}
