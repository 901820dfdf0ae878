import PlatformModel
import Postgres
import ServiceAPI

/// `logs.entries`, inside `withOrg`.
enum EntryStore {
    private static let columns: StaticString = "id, deployment_id, workload_id, container_id, node, stream, level, at, line"

    /// Stores the lines in their order, and counts them. The lines go by COPY, which is refused where row level security holds: by a role
    /// for which it does not, and which may do nothing else. It ends with the transaction, so this comes last.
    static func insert(
        _ entries: [LogEntry], orgID: String, hour: Timestamp, _ transaction: PostgresTransaction
    ) async throws(PostgresError) {
        guard !entries.isEmpty else { return }
        var rows = CopyText()
        for entry in entries {
            rows.append([
                orgID, entry.appID, entry.envID, named(entry.deploymentID), named(entry.workloadID), named(entry.containerID),
                named(entry.node), entry.stream, entry.level, max(entry.at, earliest).description, hour.description, entry.line,
            ])
        }
        _ = try await transaction.pipeline([
            """
            INSERT INTO logs.usage (org_id, hour, bytes, lines)
            VALUES (\(orgID), \(hour), \(entries.reduce(0) { $0 + $1.line.utf8.count + overhead }), \(entries.count))
            ON CONFLICT (org_id, hour) DO UPDATE SET
                bytes = usage.bytes + excluded.bytes, lines = usage.lines + excluded.lines
            """,
            "SET LOCAL ROLE martlet_logs_writer",
        ])
        let count = try await transaction.copy(
            rows,
            by: """
                COPY logs.entries (org_id, app_id, env_id, deployment_id, workload_id, container_id, node, stream, level, at, hour, line)
                FROM STDIN
                """)
        guard count == entries.count else { throw PostgresError(.decoding, "\(count) of \(entries.count) lines were stored") }
    }

    /// An empty id is none.
    private static func named(_ id: String?) -> String? { id?.isEmpty == false ? id : nil }

    /// PostgreSQL's text form has no year 0.
    private static let earliest = Timestamp(milliseconds: -62_135_596_800_000)

    /// What a line costs beside its text, about: the row, its ids and its places in the indices.
    static let overhead = 200

    /// A page for the contract's route.
    static func page(_ filter: LogFilter, _ transaction: PostgresTransaction) async throws(PostgresError) -> [StoredEntry] {
        var sql: SQL = "SELECT \(unsafe: columns) FROM logs.entries WHERE \(condition(filter))"
        sql += filter.isAscending ? " ORDER BY at, id" : " ORDER BY at DESC, id DESC"
        sql += " LIMIT \(filter.limit)"
        let entries = try read(try await transaction.query(sql))
        return filter.isInverted ? entries.reversed() : entries
    }

    /// What arrived after an id, in the order of arrival.
    static func entries(
        of filter: LogFilter, after id: Int64, limit: Int, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> [StoredEntry] {
        try read(
            try await transaction.query(
                "SELECT \(unsafe: columns) FROM logs.entries WHERE \(condition(filter)) AND id > \(id) ORDER BY id LIMIT \(limit)"
            ))
    }

    /// The id after which the last `count` lines are.
    static func idBeforeLast(
        _ count: Int, of filter: LogFilter, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int64 {
        let rows = try await transaction.query(
            """
            SELECT coalesce(min(id) - 1, 0) AS id, count(*) AS lines, (SELECT coalesce(max(id), 0) FROM logs.entries
                WHERE org_id = \(filter.orgID)) AS newest
            FROM (SELECT id FROM logs.entries WHERE \(condition(filter)) ORDER BY id DESC LIMIT \(count)) AS shown
            """)
        guard let row = rows.first else { return 0 }
        // No line to show: everything that there is lies before.
        return try row.int("lines") == 0 ? try row.int64("newest") : try row.int64("id")
    }

    /// Deletes lines of hours that ended by then; at most `limit`.
    static func delete(
        upTo end: Timestamp, limit: Int, orgID: String, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int {
        try await transaction.execute(
            """
            DELETE FROM logs.entries WHERE org_id = \(orgID) AND id IN (
                SELECT id FROM logs.entries WHERE org_id = \(orgID) AND hour + interval '1 hour' <= \(end) LIMIT \(limit))
            """)
    }

    /// Deletes any lines; at most `limit`.
    static func delete(limit: Int, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> Int {
        try await transaction.execute(
            """
            DELETE FROM logs.entries WHERE org_id = \(orgID) AND id IN (
                SELECT id FROM logs.entries WHERE org_id = \(orgID) LIMIT \(limit))
            """)
    }

    private static func condition(_ filter: LogFilter) -> SQL {
        var conditions: [SQL] = [
            "org_id = \(filter.orgID) AND app_id = \(filter.appID) AND env_id = \(filter.envID)"
        ]
        if let id = filter.workloadID { conditions.append("workload_id = \(id)") }
        if let id = filter.containerID { conditions.append("container_id = \(id)") }
        if let id = filter.deploymentID { conditions.append("deployment_id = \(id)") }
        if let time = filter.from { conditions.append("at >= \(time)") }
        if let time = filter.to { conditions.append("at <= \(time)") }
        return conditions.joined(" AND ")
    }

    private static func read(_ rows: [Row]) throws(PostgresError) -> [StoredEntry] {
        var entries: [StoredEntry] = []
        for row in rows {
            entries.append(
                StoredEntry(
                    id: try row.int64("id"), deploymentID: try row.optionalString("deployment_id"),
                    workloadID: try row.optionalString("workload_id"), containerID: try row.optionalString("container_id"),
                    node: try row.optionalString("node"), stream: try row.string("stream"), level: try row.string("level"),
                    at: try row.timestamp("at"), line: try row.string("line")))
        }
        return entries
    }
}
