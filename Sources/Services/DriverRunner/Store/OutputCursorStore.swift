import DeployTargets
import PlatformModel
import Postgres

/// How far a host's container output was handed to the log aggregator.
enum OutputCursorStore {
    static func load(host: String, _ pool: PostgresPool) async throws -> (sequence: Int64, cursor: OutputCursor) {
        let rows = try await pool.query("SELECT sequence, cursor FROM runner.output_cursors WHERE host = \(host)")
        guard let row = rows.first else { return (0, OutputCursor()) }
        return (try row.int64("sequence"), try row.json("cursor").decode(OutputCursor.self))
    }

    static func save(sequence: Int64, cursor: OutputCursor, host: String, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            INSERT INTO runner.output_cursors (host, sequence, cursor) VALUES (\(host), \(sequence), \(try JSON(encoding: cursor)))
            ON CONFLICT (host) DO UPDATE SET sequence = excluded.sequence, cursor = excluded.cursor
            """)
    }
}
