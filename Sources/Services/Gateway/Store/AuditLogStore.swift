import PlatformModel
import Postgres

/// `audit.entries`, as far as it is the organisation's.
enum AuditLogStore {
    enum Filter: Sendable, Hashable {
        /// What the contract has: requests of the API that wrote something.
        case contract
        case all
        case outcome(String)

        static let words = ["all", "done", "refused", "failed", "read"]

        init?(_ word: String) {
            guard Self.words.contains(word) else { return nil }
            self = word == "all" ? .all : .outcome(word)
        }

        fileprivate var condition: SQL {
            switch self {
            case .contract:
                "(outcome = 'done' OR details ->> 'partly_done' IS NOT NULL) AND status IS NOT NULL AND action <> 'admin'"
            case .all: "true"
            case .outcome(let word): "outcome = \(word)"
            }
        }
    }

    /// An entry, and everything older.
    struct Place: Sendable, Hashable {
        var at: Timestamp
        var id: String

        init(at: Timestamp, id: String) {
            self.at = at
            self.id = id
        }

        var token: String { Hexadecimal.encode(Array("\(at.milliseconds).\(id)".utf8)) }

        init?(token: String) {
            guard token.utf8.count <= 200, let bytes = Hexadecimal.decode(token) else { return nil }
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, let milliseconds = Int64(parts[0]), (0...4_102_444_800_000).contains(milliseconds),
                Self.isID(parts[1].utf8)
            else { return nil }
            self.init(at: Timestamp(milliseconds: milliseconds), id: String(parts[1]))
        }

        private static func isID(_ text: Substring.UTF8View) -> Bool {
            text.count == 36
                && text.enumerated().allSatisfy { index, byte in
                    [8, 13, 18, 23].contains(index)
                        ? byte == UInt8(ascii: "-")
                        : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                }
        }
    }

    /// When the newest of them was.
    static func newest(
        before place: Place, _ filter: Filter, in org: String, _ transaction: PostgresTransaction
    ) async throws -> Timestamp? {
        try await transaction.query(
            """
            SELECT at FROM audit.entries
            WHERE org_id = \(org) AND (at, id) < (\(place.at), \(place.id)::uuid) AND \(filter.condition)
            ORDER BY at DESC, id DESC LIMIT 1
            """
        ).first?.timestamp("at")
    }

    /// Newest first.
    static func list(
        before place: Place, after start: Timestamp, _ filter: Filter, limit: Int, in org: String,
        _ transaction: PostgresTransaction
    ) async throws -> [AuditLogEntry] {
        try await transaction.query(
            """
            SELECT id::text, at, org_id, actor, method, path, status, action, outcome, token_id, request_id, object, details::text
            FROM audit.entries
            WHERE org_id = \(org) AND (at, id) < (\(place.at), \(place.id)::uuid) AND at > \(start) AND \(filter.condition)
            ORDER BY at DESC, id DESC LIMIT \(limit)
            """
        ).map { row in
            AuditLogEntry(
                id: try row.string("id"), at: try row.timestamp("at"), orgID: try row.string("org_id"),
                actor: try row.string("actor"), method: try row.optionalString("method"), path: try row.optionalString("path"),
                status: try row.optionalInt("status"), action: try row.string("action"), outcome: try row.string("outcome"),
                tokenID: try row.optionalString("token_id"), requestID: try row.optionalString("request_id"),
                object: try row.optionalString("object"), details: try row.json("details"))
        }
    }
}
