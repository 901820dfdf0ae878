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

    /// A rollout is claimed, nothing was done.
    static let afterRolloutClaim = FaultPoint("orchestrator.afterRolloutClaim")
    /// A piece of a rollout is to be done: a plan, a deployment, a look at one.
    static let beforeRolloutStep = FaultPoint("orchestrator.beforeRolloutStep")
    /// It is on record with what follows from it.
    static let afterRolloutStep = FaultPoint("orchestrator.afterRolloutStep")

    /// An organisation is being deleted: the deletion of one of its environments is to be put on record.
    static let beforeEnvironmentGoes = FaultPoint("orchestrator.organization.beforeEnvironmentGoes")
    /// An empty application is gone.
    static let afterApplicationWent = FaultPoint("orchestrator.organization.afterApplicationWent")
    /// A room has forgotten the organisation, and that is on no record here.
    static let afterRoomForgot = FaultPoint("orchestrator.organization.afterRoomForgot")
    /// Nobody else knows it any more.
    static let beforeOrganizationEnds = FaultPoint("orchestrator.organization.beforeEnd")
    /// Its id is free.
    static let afterOrganizationEnded = FaultPoint("orchestrator.organization.afterEnd")

    package static let all =
        [
            afterAccept, afterClaim, beforePlanWrite, beforeOrder, afterOrder, afterStep, afterDriftClaim, beforeDriftReport,
            afterRolloutClaim, beforeRolloutStep, afterRolloutStep, beforeEnvironmentGoes, afterApplicationWent, afterRoomForgot,
            beforeOrganizationEnds, afterOrganizationEnded,
        ] + PostgresFaults.all
}
