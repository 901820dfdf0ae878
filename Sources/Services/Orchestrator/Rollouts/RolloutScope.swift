import Manifests
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// Which environments a rollout touches.
enum RolloutScope {
    /// What the resources of which would be made otherwise at their next deployment, because of a definition as it is given here: by
    /// another version of it, by it instead of another one, or by another one instead of it.
    static func environments(
        of definition: ResourceDefinition, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> [EnvironmentContext] {
        let definitions = try await DefinitionStore.list(transaction).map {
            $0.definition.id == definition.id ? definition : $0.definition
        }
        let index = DefinitionIndex(definitions.filter { $0.type == definition.type })
        var found: [String: EnvironmentContext] = [:]
        try await ActiveResourceStore.eachPlaced(.ofType(definition.type), transaction) { batch in
            for resource in batch {
                let context = EnvironmentContext(
                    orgID: orgID, appID: resource.appID, envID: resource.envID, envType: resource.envType)
                let key = "\(resource.appID)/\(resource.envID)"
                guard found[key] == nil, touches(definition, resource, index, context) else { continue }
                found[key] = context
            }
        }
        return Array(found.values)
    }

    private static func touches(
        _ definition: ResourceDefinition, _ resource: ActiveResource, _ index: DefinitionIndex, _ context: EnvironmentContext
    ) -> Bool {
        guard case .matched(let match) = index.match(resource.identity, in: context) else {
            return resource.defID == definition.id
        }
        guard match.definition.id == definition.id else { return resource.defID == definition.id }
        return resource.defID != definition.id || resource.defVersionID != definition.versionID || resource.status != "active"
    }

    /// What workloads may call a profile: one that comes with Martlet goes by two names, and organisations build theirs on it.
    static func names(ofProfile profile: String, _ transaction: PostgresTransaction) async throws -> [String] {
        guard let name = WorkloadRenderer.builtIn(profile) else { return [profile] }
        let own = try await ProfileStore.list(transaction).map(\.profile).filter {
            WorkloadRenderer.builtIn($0.chart.id) == name
        }
        return ["humanitec/\(name)", "martlet/\(name)"] + own.map(\.id)
    }

    /// Where a workload of this profile was deployed.
    static func environments(
        ofProfile profile: String, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> [EnvironmentContext] {
        try await EnvironmentStore.deployed(
            withProfile: try await names(ofProfile: profile, transaction), transaction
        ).map { environment in
            EnvironmentContext(
                orgID: orgID, appID: environment.appID, envID: environment.envID, envType: environment.envType)
        }
    }
}
