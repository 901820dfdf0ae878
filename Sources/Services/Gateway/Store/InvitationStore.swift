import Cryptography
import DirectoryClient
import PlatformModel
import Postgres
import ServiceAPI

/// `gateway.invitations`.
enum InvitationStore {
    struct Pending: Sendable {
        var id: String
        var address: String
        var role: String
        var createdBy: String
    }

    /// How an invitation stands in the index of memberships, which holds no names.
    static func index(of address: String) throws(CryptographyError) -> String {
        "invitation:" + Hexadecimal.encode(try Digest.sha256(Array(address.lowercased().utf8)))
    }

    /// The addresses by which a person may be invited.
    static func addresses(of person: DirectoryPerson) -> [String] {
        ([person.username] + (person.email.map { [$0] } ?? [])).map { $0.lowercased() }
    }

    /// So many an organisation has at most.
    private static let most = 1000

    /// Forgets those that have ended.
    /// - Returns: Whether the organisation may have another one.
    static func makeRoom(in org: String, _ transaction: PostgresTransaction) async throws -> Bool {
        let ended = try await transaction.query(
            "DELETE FROM gateway.invitations WHERE expires_at <= clock_timestamp() RETURNING address")
        for row in ended {
            try await RoleStore.removeMembership(of: try index(of: try row.string("address")), in: org, transaction)
        }
        let rows = try await transaction.query("SELECT count(*)::int AS count FROM gateway.invitations")
        return try rows.first?.int("count") ?? 0 < most
    }

    /// A second one to the same address takes the place of the first.
    static func upsert(
        id: String, address: String, role: String, days: Int, by creator: String, in org: String,
        _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO gateway.invitations (org_id, id, address, role, created_by, expires_at)
            VALUES (\(org), \(id), \(address), \(role), \(creator), clock_timestamp() + make_interval(days => \(days)::int))
            ON CONFLICT (org_id, address) DO UPDATE
            SET id = excluded.id, role = excluded.role, created_by = excluded.created_by, created_at = clock_timestamp(),
                expires_at = excluded.expires_at
            """)
        try await RoleStore.addMembership(of: try index(of: address), in: org, transaction)
    }

    static func list(_ transaction: PostgresTransaction) async throws -> [Invitation] {
        try await transaction.query(
            """
            SELECT id, address, role, created_by, created_at, expires_at FROM gateway.invitations
            WHERE expires_at > clock_timestamp() ORDER BY created_at, id LIMIT 10000
            """
        )
        .map { row in
            Invitation(
                userID: RoleSubject.invitationPrefix + (try row.string("id")), email: try row.string("address"),
                role: try row.string("role"), createdBy: try row.string("created_by"),
                createdAt: try row.timestamp("created_at"), expiresAt: try row.timestamp("expires_at"))
        }
    }

    static func find(id: String, _ transaction: PostgresTransaction) async throws -> Pending? {
        try await transaction.query(
            "SELECT id, address, role, created_by FROM gateway.invitations WHERE id = \(id) AND expires_at > clock_timestamp()"
        ).first.map(pending)
    }

    static func setRole(_ role: String, id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("UPDATE gateway.invitations SET role = \(role) WHERE id = \(id)")
    }

    static func delete(_ invitation: Pending, in org: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM gateway.invitations WHERE id = \(invitation.id)")
        try await RoleStore.removeMembership(of: try index(of: invitation.address), in: org, transaction)
    }

    /// Takes the invitations to any of these addresses out; those that had ended are gone, too, and are not in the answer.
    static func take(_ addresses: [String], in org: String, _ transaction: PostgresTransaction) async throws -> [Pending] {
        let rows = try await transaction.query(
            """
            DELETE FROM gateway.invitations WHERE address = ANY(\(addresses))
            RETURNING id, address, role, created_by, expires_at > clock_timestamp() AS holds
            """)
        for address in addresses { try await RoleStore.removeMembership(of: try index(of: address), in: org, transaction) }
        return try rows.filter { try $0.bool("holds") }.map(pending)
    }

    private static func pending(_ row: Row) throws -> Pending {
        Pending(
            id: try row.string("id"), address: try row.string("address"), role: try row.string("role"),
            createdBy: try row.string("created_by"))
    }
}
