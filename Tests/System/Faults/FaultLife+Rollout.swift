import PlatformModel
import TestSupport

extension FaultLife {
    /// The definition of the settings gets another value, and is rolled out to where the environment is.
    func rollOut() async throws {
        let values: JSON = ["values": ["level": .string("info-\(env)")]]
        try await untilDone(
            "the changed definition", "PATCH", "/orgs/acme/resources/defs/matrix-settings", ["driver_inputs": values])
        let base = "/orgs/acme/rollouts"
        for _ in 1...Self.tries {
            // One that was begun and whose answer was lost is a conflict that names it.
            let id: String = try await eventually(within: .seconds(120), every: Self.pause, "the start of a rollout") {
                let answer = try await ask("POST", base, ["definition_id": "matrix-settings", "start": true])
                return answer?.status == 409 ? answer?.body["details"]?["rollout_id"]?.string : answer?.body["id"]?.string
            }
            let ended: JSON = try await eventually(
                within: .seconds(180), every: Self.pause, "the end of the rollout \(id)"
            ) {
                let body = try await ask("GET", "\(base)/\(id)")?.body
                return ["succeeded", "failed"].contains(body?["status"]?.string) ? body : JSON?.none
            }
            if ended["status"] == "succeeded" { return }
            if mustNotFail { problem("the rollout \(id) failed: \(ended.canonical)") }
            // What failed is deployed by another try of the same rollout, which goes on by itself.
            _ = try await ask("POST", "\(base)/\(id)/actions/resume", [:])
        }
        problem("no rollout succeeds")
    }
}
