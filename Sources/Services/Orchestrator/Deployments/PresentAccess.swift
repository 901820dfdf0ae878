import AccessControl
import HTTPTypes
import PlatformModel
import ServiceAPI

/// Asks the gateway, before each step, what the person or service who started the run, or had it tried again last, may do now (architecture.md section 1).
struct PresentAccess: Sendable {
    let gateway: RoomClient

    /// - Throws: a `StepFailure` when the right is gone; `TryLater` when the gateway does not answer, or cannot say.
    func require(_ step: ClaimedStep) async throws {
        // Nobody's right: the organisation itself goes. People's ids have another form.
        if step.run.kind == .destroy, step.run.deployment.actingPrincipal == ApplianceHand.id { return }
        let principal = try await present(
            step.run.deployment.actingPrincipal, orgID: step.claim.orgID, appID: step.context.appID)
        let action: Action = step.run.kind == .deploy ? .deploy : .deleteEnvironment
        let target = AccessTarget(orgID: step.claim.orgID, appID: step.context.appID, envType: step.context.envType)
        guard case .allow = decide(principal, action, on: target) else {
            throw StepFailure(
                object: "environment \(step.context.envID)", code: "ACC-001",
                message:
                    "\(principal.name) may no longer \(action == .deploy ? "deploy to" : "remove anything from") "
                    + "'\(step.context.envID)': a role was taken away since it started; somebody who may can go on with it",
                type: "access")
        }
    }

    /// Who somebody is now, with their roles in the organisation, or those that decide about one application.
    func present(_ id: String, orgID: String, appID: String? = nil) async throws -> Principal {
        let query = [("org", orgID)] + (appID.map { [("app", $0)] } ?? [])
        do {
            return try await gateway.call(.get, "/v1/principals/\(HTTPCall.segment(id))/roles", query: query)
        } catch {
            // Nobody lost anything: it goes on when the organisation does.
            if case .status(_, let body) = error.kind, body.error == OrganizationState.suspendedCode {
                throw TryLater(cause: "the organization is suspended")
            }
            throw error.isTransient || error.isUnclear ? TryLater(cause: error.description) : error
        }
    }
}
