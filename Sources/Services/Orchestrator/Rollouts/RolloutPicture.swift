import Execution
import PlatformModel

/// A rollout as lists show it, and with its targets.
struct RolloutPicture: Encodable {
    private struct Target: Encodable {
        var appID: String
        var envID: String
        var envType: String
        var batch: Int
        var state: String
        var reason: String
        var totals: PlanTotals?
        var losing: [String]
        var deploymentID: String?

        private enum CodingKeys: String, CodingKey {
            case batch, state, reason, totals, losing
            case appID = "app_id"
            case envID = "env_id"
            case envType = "env_type"
            case deploymentID = "deployment_id"
        }
    }

    private let rollout: Rollout
    private let isWhole: Bool

    /// - Parameter isWhole: with its targets.
    init(_ rollout: Rollout, isWhole: Bool) {
        self.rollout = rollout
        self.isWhole = isWhole
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rollout.id, forKey: .id)
        try container.encode(rollout.subject, forKey: rollout.kind == .definition ? .definitionID : .profileID)
        try container.encodeIfPresent(rollout.version, forKey: .version)
        try container.encodeIfPresent(rollout.replaces, forKey: .replaces)
        try container.encode(rollout.envTypes, forKey: .envTypes)
        try container.encode(rollout.batchSize, forKey: .batchSize)
        try container.encode(rollout.status.rawValue, forKey: .status)
        try container.encode(rollout.statusChangedAt, forKey: .statusChangedAt)
        try container.encode(rollout.comment, forKey: .comment)
        try container.encode(rollout.createdAt, forKey: .createdAt)
        try container.encode(rollout.createdBy, forKey: .createdBy)
        guard isWhole else { return }
        let targets = rollout.targets.sorted { ($0.rank, $0.appID, $0.envID) < ($1.rank, $1.appID, $1.envID) }
        try container.encode(
            targets.map {
                Target(
                    appID: $0.appID, envID: $0.envID, envType: $0.envType, batch: $0.batch, state: $0.state.rawValue,
                    reason: $0.reason, totals: $0.totals, losing: $0.losing, deploymentID: $0.deploymentID)
            }, forKey: .targets)
    }

    private enum CodingKeys: String, CodingKey {
        case id, version, replaces, status, comment, targets
        case definitionID = "definition_id"
        case profileID = "profile_id"
        case envTypes = "env_types"
        case batchSize = "batch_size"
        case statusChangedAt = "status_changed_at"
        case createdAt = "created_at"
        case createdBy = "created_by"
    }
}
