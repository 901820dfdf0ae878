import AuditRules
import PlatformModel
import Postgres

/// Rows of `audit.entries` and `audit.marks`, as the chain is made from them.
package enum AuditRows {
    /// The columns of an entry, but for its place in the chain.
    package static let columns: SQL = """
        id::text, org_id, at, room, actor, token_id, action, outcome, method, path, status, request_id, object, details::text
        """

    package static func record(_ row: Row) throws(PostgresError) -> AuditRecord {
        AuditRecord(
            id: try row.string("id"), orgID: try row.optionalString("org_id"), at: try row.timestamp("at"),
            room: try row.string("room"), actor: try row.string("actor"), tokenID: try row.optionalString("token_id"),
            action: try row.string("action"), outcome: try row.string("outcome"), method: try row.optionalString("method"),
            path: try row.optionalString("path"), status: try row.optionalInt("status"),
            requestID: try row.optionalString("request_id"), object: try row.optionalString("object"),
            details: try row.string("details"))
    }

    package static let marks: SQL = "SELECT kind, number, hash, at, key, signature FROM audit.marks"

    package static func mark(_ row: Row) throws(PostgresError) -> AuditMark {
        guard let kind = AuditMark.Kind(rawValue: try row.string("kind")) else {
            throw PostgresError(.decoding, "audit.marks has a row of no known kind")
        }
        return AuditMark(
            kind: kind, number: try row.int64("number"), hash: try row.bytes("hash"), at: try row.timestamp("at"),
            key: try row.bytes("key"), signature: try row.bytes("signature"))
    }
}
