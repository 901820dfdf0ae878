import FaultPoints
import Postgres

/// The orchestrator's fault points, listed by `--fault-points`.
package enum OrchestratorFaults {
    /// The deployment is on record, the client was not told.
    static let afterAccept = FaultPoint("orchestrator.afterAccept")
    static let afterClaim = FaultPoint("orchestrator.afterClaim")
    /// The plan is decided, not on record.
    static let beforePlanWrite = FaultPoint("orchestrator.beforePlanWrite")
    /// The resource is on record as pending, the runner was not asked.
    static let beforeOrder = FaultPoint("orchestrator.beforeOrder")
    /// The runner answered, the step's end is not on record.
    static let afterOrder = FaultPoint("orchestrator.afterOrder")
    /// The step's end is on record.
    static let afterStep = FaultPoint("orchestrator.afterStep")

    /// A look at an environment is claimed, and not begun.
    static let afterDriftClaim = FaultPoint("orchestrator.drift.afterClaim")
    /// What was found is not on record.
    static let beforeDriftReport = FaultPoint("orchestrator.drift.beforeReport")

    package static let all =
        [
            afterAccept, afterClaim, beforePlanWrite, beforeOrder, afterOrder, afterStep, afterDriftClaim, beforeDriftReport,
        ] + PostgresFaults.all
}
