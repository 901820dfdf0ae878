import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// The shared values that something is planned and deployed with.
struct EnvironmentValues: Sendable {
    /// Of which version.
    enum Pin: Sendable, Hashable {
        case newest
        /// Nil: there was none when the deployment was asked for.
        case version(String?)

        /// Of a plan: nil stands for the newest.
        init(_ version: String?) { self = version.map { .version($0) } ?? .newest }
    }

    var resolved: [String: ResolvedDocument] = [:]
    /// Keys whose value is gone for good.
    var purged: [String] = []

    static func read(
        _ pin: Pin, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> EnvironmentValues {
        let level = ValueLevel.environment(context.envID), version: ValueSetVersion?
        switch pin {
        case .newest: version = try await ValueSetVersionStore.newest(level, appID: context.appID, transaction)
        case .version(let id?):
            version = try await ValueSetVersionStore.version(id, level, appID: context.appID, transaction)
        case .version(nil): version = nil
        }
        guard let version else { return EnvironmentValues() }
        let items = version.merged
        let contents = try await ValueStore.values(items.values, appID: context.appID, transaction)
        var values = EnvironmentValues()
        for (key, item) in items {
            switch contents[item]?.resolved {
            case .text(let text): values.resolved[key] = ResolvedDocument(.string(text))
            case .secret(let reference): values.resolved[key] = ResolvedDocument(secret: reference)
            case nil: values.purged.append(key)
            }
        }
        values.purged.sort()
        return values
    }

    /// The version that a new deployment is made with.
    ///
    /// - Parameter wanted: by its id; nil for the newest.
    /// - Throws: 400 where there is no such version; 409 where a value of it was purged.
    static func pin(
        _ wanted: String?, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> String? {
        let level = ValueLevel.environment(context.envID)
        guard let wanted else { return try await ValueSetVersionStore.newest(level, appID: context.appID, transaction)?.id }
        guard let version = try await ValueSetVersionStore.version(wanted, level, appID: context.appID, transaction) else {
            if wanted == ValueSetVersion.newestID { return nil }
            throw HTTPFailure.invalid(
                "value_set_version_id: the environment '\(context.envID)' has no value set version '\(wanted.prefix(80))'")
        }
        let values = try await read(.version(version.id), context, transaction)
        guard values.purged.isEmpty else {
            throw HTTPFailure.conflict(
                "value_set_version_id: what \(values.purged.joined(separator: ", ")) had in the version '\(version.id)' was purged; "
                    + "deploy with a newer version")
        }
        return version.id
    }
}
