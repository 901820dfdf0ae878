import Planning
import PlatformModel
import ServiceAPI

/// What a look at an environment found.
struct DriftReport: Sendable, Hashable, Encodable {
    enum Origin: String, Sendable, Encodable { case asked, schedule }
    enum Status: String, Sendable, Encodable { case running, succeeded, failed }

    var id: String
    var envID: String
    var origin: Origin
    var isRepair: Bool
    var status: Status
    /// Why it failed, or why nothing is repaired.
    var message: String?
    var totals: DriftTotals
    var findings: [DriftFinding]
    /// What repairs.
    var deploymentID: String?
    var createdAt: Timestamp
    var createdBy: String
    var endedAt: Timestamp?

    private enum CodingKeys: String, CodingKey {
        case id, origin, status, message, totals, findings
        case envID = "env_id"
        case isRepair = "repair"
        case deploymentID = "deployment_id"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case endedAt = "ended_at"
    }
}

/// One resource or workload of a report.
struct DriftFinding: Sendable, Hashable, Codable {
    /// `postgres.default#modules.web.externals.db`, `workload web`.
    var object: String
    var guResID: String
    var state: InspectionFinding.State
    var changes: [FieldChange]
    /// It can become what it should be only by being destroyed and made anew, which a repair does not do.
    var mustBeReplaced: Bool
    var reason: String?
    var code: String?

    /// Of each; a resource with more is drifted all the same.
    private static let longestList = 20

    init(object: String, guResID: String, _ finding: InspectionFinding) {
        self.object = object
        self.guResID = guResID
        state = finding.state
        changes = Array(finding.changes.prefix(Self.longestList))
        mustBeReplaced = finding.mustBeReplaced
        reason = finding.reason
        code = finding.code
    }

    private enum CodingKeys: String, CodingKey {
        case object, state, changes, reason, code
        case guResID = "gu_res_id"
        case mustBeReplaced = "must_be_replaced"
    }

    /// Nil where nothing is to be repaired, or a repair is too much.
    var repair: PlannedRepair? {
        guard !mustBeReplaced else { return nil }
        switch state {
        case .drifted:
            let places = changes.prefix(3).map(\.path).joined(separator: ", ") + (changes.count > 3 ? ", ..." : "")
            return PlannedRepair(guResID: guResID, reason: "it has drifted (\(places))", isMissing: false)
        case .missing:
            return PlannedRepair(guResID: guResID, reason: "it is on record and does not stand any more", isMissing: true)
        case .inSync, .cannotTell, .failed: return nil
        }
    }
}

/// How many of each.
struct DriftTotals: Sendable, Hashable, Codable {
    var inSync = 0
    var drifted = 0
    var missing = 0
    var cannotTell = 0
    var failed = 0

    init(_ findings: [DriftFinding] = []) {
        for finding in findings {
            switch finding.state {
            case .inSync: inSync += 1
            case .drifted: drifted += 1
            case .missing: missing += 1
            case .cannotTell: cannotTell += 1
            case .failed: failed += 1
            }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case drifted, missing, failed
        case inSync = "in_sync"
        case cannotTell = "cannot_tell"
    }
}

/// What the schedule does with an environment.
enum DriftSchedule: String, Sendable, CaseIterable, Codable {
    case off, report, repair
}
