import PlatformModel
import Postgres
import ServiceAPI

/// Asks the drivers, by way of the runner, what a plan's actions would do to the single things of the real systems. A plan is made and
/// holds without it: what cannot be asked, or not in time, is said to be so.
struct PlanForesight: Sendable {
    let database: PostgresPool
    let runner: RoomClient
    let broker: RoomClient

    /// Of one look with all that it costs: less than the minute that a client and the gateway wait for an answer.
    static let seconds = 40
    /// Of the drivers together.
    static let withinSeconds = 35

    /// The plan with what the drivers say, which is kept with it.
    func completed(_ made: PlanDesk.Made, _ context: EnvironmentContext) async throws -> SavedPlan {
        guard !made.questions.resources.isEmpty else { return made.plan }
        var plan = made.plan
        let effects = await answers(made.questions, planID: plan.summary.id, context)
        plan.effects = effects
        try await database.withOrg(context.orgID) { transaction in
            try await PlanStore.setEffects(effects, of: made.plan.summary.id, context, transaction)
        }
        return plan
    }

    private func answers(_ questions: PlanQuestions, planID: String, _ context: EnvironmentContext) async -> PlanEffects {
        let size = InspectionRequest.maximum, resources = questions.resources
        let batches = stride(from: 0, to: resources.count, by: size).map {
            Array(resources[$0..<min($0 + size, resources.count)])
        }
        let answers = await withTaskGroup(of: (Int, Result<InspectionReply, RoomError>).self) { group in
            for (number, batch) in batches.enumerated() {
                group.addTask { (number, await ask(batch, id: "plan-\(planID)-\(number)", context)) }
            }
            return await group.reduce(into: [Int: Result<InspectionReply, RoomError>]()) { $0[$1.0] = $1.1 }
        }
        var effects = PlanEffects()
        if questions.omitted > 0 {
            effects.note = "drivers were asked about \(resources.count) resources, and not about \(questions.omitted) more"
        }
        for (number, batch) in batches.enumerated() {
            switch answers[number] {
            case .success(let reply):
                for (one, finding) in zip(batch, reply.resources) {
                    if let found = Self.effects(finding) { effects.add(found, of: one.work.identity) }
                }
            case .failure(let error): effects.note = "the drivers could not be asked what they would do: \(error.description)"
            case nil: break
            }
        }
        return effects
    }

    private func ask(
        _ batch: [InspectedResource], id: String, _ context: EnvironmentContext
    ) async -> Result<InspectionReply, RoomError> {
        let request = InspectionRequest(
            id: id, environment: context, grant: id, resources: batch, withinSeconds: Self.withinSeconds)
        do throws(RoomError) {
            return .success(
                try await InspectionCall(runner: runner, broker: broker, database: database).ask(
                    request, timeoutSeconds: Self.seconds, patienceSeconds: 5))
        } catch {
            return .failure(error)
        }
    }

    private static func effects(_ finding: InspectionFinding) -> PlannedEffects? {
        if finding.state == .failed { return .unknown(finding.reason ?? "its driver gave no reason", code: finding.code) }
        return finding.effects
    }
}
