import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Giving and taking of grants, by the orchestrator.
struct GrantDesk: Sendable {
    static let maximumReads = 10_000
    /// A grant that is not standing lives at most so long, in seconds: a deployment does not last longer.
    static let maximumLifetime = 86_400

    let database: PostgresPool

    /// Makes the grant, or replaces the one of this id: its reads, its prefix and its end.
    func put(_ grant: Grant, id: String) async throws {
        try Self.check(id)
        let scope = try Self.scope(of: grant)
        try await database.withOrg(grant.orgID) { transaction in
            try await GrantStore.put(grant, scope: scope, id: id, transaction)
            try await GrantStore.sweep(orgID: grant.orgID, transaction)
        }
    }

    /// False when there is none.
    func revoke(id: String, orgID: String) async throws -> Bool {
        try Self.check(id)
        return try await database.withOrg(orgID) { try await GrantStore.delete(id, orgID: orgID, $0) }
    }

    /// All that is kept for an organisation that is deleted.
    func forget(_ orgID: String) async throws {
        try await database.withOrg(orgID) { try await $0.forgetTenant(schema: "broker") }
    }

    private static func check(_ id: String) throws(HTTPFailure) {
        guard (1...512).contains(id.utf8.count), !id.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value == 0x7f })
        else {
            throw BrokerFailure.invalid("a grant's id has 1 to 512 bytes without spaces and control characters")
        }
    }

    /// The scope, or 422: every path lies in the grant's organisation, and a prefix is no wider than one environment.
    static func scope(of grant: Grant) throws(HTTPFailure) -> GrantScope {
        guard grant.reads.count <= maximumReads else { throw BrokerFailure.invalid("a grant has at most \(maximumReads) reads") }
        guard grant.standing || (1...maximumLifetime).contains(grant.lifetimeSeconds) else {
            throw BrokerFailure.invalid("lifetime_seconds: 1 to \(maximumLifetime), not \(grant.lifetimeSeconds)")
        }
        for reference in grant.reads {
            guard reference.store == GrantScope.builtInStore else {
                // Whether the store has it, and for this place, is asked each time that it is read.
                guard grant.place != nil else {
                    throw BrokerFailure.invalid("\(reference): place is needed beside outside stores")
                }
                do throws(OutsidePathError) { _ = try OutsidePath(reference.ref) } catch {
                    throw BrokerFailure.invalid("\(reference): \(error.words)")
                }
                continue
            }
            guard try SecretPath(reference.ref).orgID == grant.orgID else {
                throw BrokerFailure.invalid("\(reference): not of organization '\(grant.orgID)'")
            }
        }
        return GrantScope(
            reads: Set(grant.reads), writePrefix: try prefix(grant.writePrefix, "write_prefix", grant.orgID),
            readPrefix: try prefix(grant.readPrefix, "read_prefix", grant.orgID), place: grant.place,
            valueReads: Set(grant.valueReads ?? []))
    }

    private static func prefix(_ text: String?, _ field: String, _ orgID: String) throws(HTTPFailure) -> SecretPath? {
        guard let text else { return nil }
        let path = try SecretPath(text)
        guard path.orgID == orgID, path.segments.count >= 6, path.segments[2] == "apps", path.segments[4] == "envs" else {
            throw BrokerFailure.invalid("\(field) '\(text.prefix(200))': it begins with orgs/\(orgID)/apps/{app}/envs/{env}")
        }
        return path
    }
}
