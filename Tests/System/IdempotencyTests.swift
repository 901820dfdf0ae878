import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// T43, through the real programs: one effect and one answer, a hundred times at once and after both rooms were killed.
    @Suite struct IdempotencyTests {
        @Test func onceAndTheSameAfterARestart() async throws {
            let appliance = try await Appliance.shared()
            let headers = ["Idempotency-Key": "made-once"], body: JSON = ["id": "once", "name": "Once"]
            let first = try await withThrowingTaskGroup(of: Appliance.Answer.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await appliance.call("POST", "/orgs/acme/apps", body, headers: headers) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let made = try #require(first.first)
            #expect(first.allSatisfy { $0.status == 201 && $0.body == made.body }, "\(made)")
            try await appliance.killAndRestart(.gateway)
            try await appliance.killAndRestart(.orchestrator)
            let again = try await appliance.call("POST", "/orgs/acme/apps", body, headers: headers)
            #expect(again.status == 201 && again.body == made.body && again.headers["idempotent-replayed"] == "true", "\(again)")
            let other = try await appliance.call("POST", "/orgs/acme/apps", ["id": "twice", "name": "Once"], headers: headers)
            #expect(other.status == 422 && other.error == "idempotency_key_reused", "\(other)")
            let apps = try await appliance.must(200, "GET", "/orgs/acme/apps").array ?? []
            #expect(apps.count { $0["id"] == "once" } == 1 && !apps.contains { $0["id"] == "twice" })
            #expect([202, 204].contains(try await appliance.call("DELETE", "/orgs/acme/apps/once").status))
        }
    }
}
