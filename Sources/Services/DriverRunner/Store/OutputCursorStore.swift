import DeployTargets
import PlatformModel
import Postgres

/// How far a host's container output was handed to the log aggregator.
enum OutputCursorStore {
    static func load(host: String, _ pool: PostgresPool) async throws -> OutputCursor {
        try await pool.query("SELECT cursor FROM runner.output_cursors WHERE host = \(host)").first?
            .json("cursor").decode(OutputCursor.self) ?? OutputCursor()
    }

    static func save(_ cursor: OutputCursor, host: String, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            INSERT INTO runner.output_cursors (host, cursor) VALUES (\(host), \(try JSON(encoding: cursor)))
            ON CONFLICT (host) DO UPDATE SET cursor = excluded.cursor
            """)
    }
}
