import AuditRules
import PlatformModel
import Postgres

/// Goes through the chain in the database, as a superuser sees it: the whole of it, or its newest part.
package struct AuditCheck: Sendable {
    /// What is whole.
    package struct Report: Sendable, Hashable {
        package var entries: Int64
        package var first: Timestamp?
        package var last: Timestamp?
        /// How many entries were dropped for their age before the first.
        package var dropped: Int64
        /// Entries before the signed end from which it went on, that were not looked at.
        package var passedOver: Int64
        /// Heads from elsewhere that were compared.
        package var heads: Int
        /// Entries that are not sealed yet, and the oldest of them.
        package var unsealed: Int
        package var unsealedSince: Timestamp?
    }

    private static let batch = 1000

    private let keys: [AuditKey]
    private let heads: [AuditMark]
    private let newest: Int64?
    private let progress: @Sendable (Int64) -> Void

    /// - Parameters:
    ///   - keys: Of the present root key and of earlier ones.
    ///   - heads: Signed ends that were kept outside the database.
    ///   - newest: At least so many entries, from the nearest signed end among `heads` on; all of them where there is none. nil: all.
    ///   - progress: Told now and then how many entries were whole so far.
    package init(
        keys: [AuditKey], heads: [AuditMark] = [], newest: Int64? = nil,
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) {
        self.keys = keys
        self.heads = heads
        self.newest = newest
        self.progress = progress
    }

    /// - Throws: `AuditProblem`: the first thing that is wrong.
    package func run(_ database: PostgresConfiguration) async throws -> Report {
        var database = database
        // Of a long log every page is read.
        database.statementTimeout = .seconds(600)
        let connection = try await PostgresConnection.connect(database)
        do {
            // One state of the log from the beginning to the end, while the sealer goes on.
            try await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let report = try await run(on: connection)
            await connection.close()
            return report
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The signed end from which so many entries are left: what it is signed over is the hash of all before it.
    private func base(start: AuditMark?, head: AuditMark?) -> AuditMark? {
        guard let newest, let head else { return nil }
        return heads.filter {
            $0.kind == .head && $0.number <= head.number - newest && $0.number > start?.number ?? 0
        }.max { $0.number < $1.number }
    }

    private func run(on connection: PostgresConnection) async throws -> Report {
        let marks = try await connection.query(AuditRows.marks).map(AuditRows.mark)
        let start = marks.first { $0.kind == .start }, head = marks.first { $0.kind == .head }
        let base = base(start: start, head: head)
        var verifier = try AuditVerifier(
            start: base ?? start, head: head, others: heads, isSigned: { AuditKey.isSigned($0, by: keys) })
        let dropped = start?.number ?? 0
        var after = base?.number ?? 0
        var report = Report(
            entries: 0, dropped: dropped, passedOver: base.map { $0.number - dropped } ?? 0,
            heads: heads.count { $0.number >= after }, unsealed: 0)
        while true {
            let rows = try await connection.query(
                "SELECT number, hash, " + AuditRows.columns
                    + " FROM audit.entries WHERE number > \(after) ORDER BY number LIMIT \(Self.batch)")
            for row in rows {
                let record = try AuditRows.record(row), number = try row.int64("number")
                try verifier.check(record, number: number, hash: try row.bytes("hash"))
                report.first = report.first ?? record.at
                (report.last, after) = (record.at, number)
            }
            progress(verifier.count)
            guard rows.count == Self.batch else { break }
        }
        try verifier.end()
        report.entries = verifier.count
        let left = try await connection.query(
            "SELECT count(*) AS count, min(at) AS since FROM audit.entries WHERE number IS NULL")
        report.unsealed = try left.first?.int("count") ?? 0
        report.unsealedSince = try left.first?.optionalTimestamp("since")
        return report
    }
}
