import Execution
import PlatformModel
import Postgres

/// Places that pass from steps that end to those that come next.
extension StepStore {
    /// Claims, for each line, as many steps as places are passed on, the oldest first of those that nobody ever had,
    /// and puts them on record as running. Only in the
    /// transaction in which as many of the same line end, and under the locks of their runs. Its rows are `claims`.
    static func passing(_ places: [Line: Int], owner: String) -> SQL {
        "WITH " + due(places, "owner IS NULL AND fence = 0") + ", claimed AS (" + claiming(owner) + ") " + """
            , found AS MATERIALIZED (
                SELECT claimed.fence, row.ctid AS at FROM claimed CROSS JOIN LATERAL (\(row("claimed"))) AS row \(few)
            ), begun AS (
                UPDATE orchestrator.steps s
                SET state = 'running', fence = found.fence, started_at = coalesce(s.started_at, clock_timestamp())
                FROM found WHERE s.ctid = found.at
            )
            SELECT * FROM claimed
            """
    }

    /// Tells every engine that there are steps to claim.
    static let telling: SQL = "SELECT pg_notify('martlet_steps', '')"

    /// How many of which lines are ready now, of the rows of `release`.
    static func freed(_ rows: [Row], orgID: String) throws -> [Line: Int] {
        let counts = try rows.map { row in
            (
                Line(orgID: orgID, deploymentID: try row.string("deployment_id"), driver: try row.string("driver")),
                try row.int("count")
            )
        }
        return Dictionary(counts, uniquingKeysWith: +)
    }
}
