import HTTPTypes
import PlatformModel
import ServiceAPI

/// Plans, shows the plan, asks, and deploys exactly that.
struct PlannedDeployment: Sendable {
    let session: Session
    let question: String
    let yes: Bool
    let planOnly: Bool
    let deployment: DeploymentOptions

    func run(_ request: PlanRequest) async throws {
        let body: JSON
        do { body = try JSON(encoding: request) } catch {
            throw CommandFailure(.failed, "the request cannot be written: \(error)")
        }
        let plan = try await session.gateway.send(.post, try Noun.plan.path(session), body: body)
        let text = PlanText(plan, style: session.printer.style)
        let id = plan["id"]?.string ?? ""
        if planOnly {
            session.printer.show(plan) { _ in text.description }
            if text.changesSomething { session.propose("deploy exactly this", "deploy --plan \(id)") }
            return
        }
        session.printer.note(String(text.description.dropLast()))
        guard text.changesSomething else { return }
        try session.host.confirm(question, yes: yes, refused: "nothing was deployed")
        let made = try await session.gateway.send(
            .post, try Noun.deploy.path(session), query: deployment.query, body: ["plan_id": .string(id)])
        try await DeploymentWatch(session).follow(made, deployment)
    }
}
