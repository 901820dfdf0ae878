import AccessControl
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Whether what a role is about is there: the orchestrator knows.
struct ObjectLookup: Sendable {
    let orchestrator: RoomClient

    /// - Throws: 404 in the words for what is not there, 409 for what is being deleted, 503 when nobody can say.
    func mustExist(_ place: RolePlace, in org: String, for caller: Principal) async throws {
        do throws(RoomError) {
            guard try await isGoing(place, in: org, for: caller) else { return }
        } catch {
            if error.status == 404 {
                throw HTTPFailure.notFound("There is no \(place.words) here, or you may not see it. Check the ids in the path.")
            }
            throw HTTPFailure(error) ?? HTTPFailure.unavailable("the orchestrator gives no clear answer; try again")
        }
        throw HTTPFailure.conflict("\(place.words) is being deleted")
    }

    private func isGoing(_ place: RolePlace, in org: String, for caller: Principal) async throws(RoomError) -> Bool {
        let object = HTTPCall.segment(place.object), base = "/v1/orgs/\(HTTPCall.segment(org))"
        let app = place.level == .application ? place.object : nil
        let caller = caller.narrowed(to: AccessTarget(orgID: org, appID: app))
        switch place.level {
        case .organization: return false
        case .application:
            let application: Application = try await orchestrator.call(.get, base + "/apps/\(object)", principal: caller)
            return application.status == .deleting
        case .environmentType:
            try await orchestrator.send(.get, base + "/env-types/\(object)", principal: caller)
            return false
        }
    }
}
