import DeployTargets
import Drivers
import FaultPoints
import Postgres

/// The runner's fault points, listed by `--fault-points`.
package enum RunnerFaults {
    /// The order is on record, nothing was done.
    static let afterAccept = FaultPoint("runner.afterAccept")
    static let beforeEffect = FaultPoint("runner.beforeEffect")
    /// The real system has changed, nobody was told.
    static let afterEffect = FaultPoint("runner.afterEffect")
    /// The secret outputs are in the broker, the result is not on record.
    static let beforeResult = FaultPoint("runner.beforeResult")
    /// The result is on record, the orchestrator was not told.
    static let afterResult = FaultPoint("runner.afterResult")
    /// What stands was looked at, the orchestrator was not told.
    static let afterInspection = FaultPoint("runner.afterInspection")

    package static let all =
        [afterAccept, beforeEffect, afterEffect, beforeResult, afterResult, afterInspection] + TargetFaults.all
        + PostgresDriverFaults.all
        + TerraformDriverFaults.all + PostgresFaults.all
}
