import Planning
import PlatformModel

/// When a workload of a plan is deployed, what it waits for and why, and what its own deployment is to wait for.
struct WorkloadPlacePicture: Encodable {
    struct Need: Encodable {
        var workload: String
        var because: WorkloadOrder.Cause
        var reason: String
    }

    var workload: String
    /// From 1; those of one round are deployed side by side.
    var round: Int
    var when: String
    var success: String
    var timeout: Int
    var after: [Need]
    /// How many there are beyond those.
    var more: Int

    /// Of what one waits for.
    private static let shown = 50

    init(_ place: WorkloadOrder.Place) {
        workload = place.workload
        round = place.round
        when = place.condition.when
        success = place.condition.success
        timeout = place.condition.timeout
        after = place.after.prefix(Self.shown).map { need in
            Need(workload: need.workload, because: need.cause, reason: Self.reason(need, of: place))
        }
        more = max(0, place.after.count - Self.shown)
    }

    private static func reason(_ need: WorkloadOrder.Need, of place: WorkloadOrder.Place) -> String {
        switch need.cause {
        case .reference: "it refers to '\(need.workload)'"
        case .when:
            place.condition.when == DeployCondition.When.after.rawValue
                ? "it asks to come after the others (deploy.when: after)"
                : "'\(need.workload)' asks to come before the others (deploy.when: before)"
        }
    }
}
