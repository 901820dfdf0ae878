import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// The deletion of an organisation, interrupted at each of its steps: it goes on where it was, and ends.
    @Suite struct OrganizationFaultTests {
        private static let points = [
            "orchestrator.organization.beforeEnvironmentGoes", "orchestrator.organization.afterApplicationWent",
            "orchestrator.organization.afterRoomForgot", "orchestrator.organization.beforeEnd",
            "orchestrator.organization.afterEnd",
        ]

        /// An organisation with something that runs, a resource and a secret.
        private func organization(_ id: String, _ appliance: Appliance) async throws {
            let made = try await appliance.admin(["org", "create", id, "--token", "robot"])
            let token = try #require(made.split(separator: "\n").last.map(String.init)), app = "/orgs/\(id)/apps/shop"
            try await appliance.must(201, "POST", "/orgs/\(id)/apps", ["id": "shop", "name": "Shop"], token: token)
            // With its last environment an application goes by itself; this one has none.
            let empty: JSON = ["id": "empty", "name": "Empty", "skip_environment_creation": true]
            try await appliance.must(201, "POST", "/orgs/\(id)/apps", empty, token: token)
            let value: JSON = ["key": "SECRET", "value": "quite", "is_secret": true, "description": ""]
            try await appliance.must(201, "POST", app + "/values", value, token: token)
            let body: JSON = ["files": [["name": "score.yaml", "score": .string(Scores.ticker)]]]
            let environment = app + "/envs/development"
            let deployment = try await appliance.must(202, "POST", environment + "/score-deploys", body, token: token)
            let path = environment + "/deploys/\(try #require(deployment["id"]?.string))"
            try await eventually(within: .seconds(90), "the deployment") {
                try await appliance.must(200, "GET", path, token: token)["status"] == "succeeded"
            }
        }

        /// Killed, and told that it failed; before and after each step, and of the rooms at each.
        @Test(arguments: [FaultKind.crash, .fail])
        func aDeletionGoesOnWhereItWas(_ kind: FaultKind) async throws {
            let appliance = try await Appliance.shared(), id = "doomed-\(kind)"
            try await organization(id, appliance)
            try appliance.faults.arm(Self.points.map { Fault(point: $0, isForEach: true, kind: kind) })
            _ = try await appliance.admin(["org", "delete", id, "--with-everything", "--yes"])
            var hits: [String: Set<FaultControl.Hit>] = [:]
            try await eventually(within: .seconds(180), "the end of the organisation, and every fault") {
                for point in Self.points {
                    for hit in try appliance.faults.hits(of: point) where hits[point, default: []].insert(hit).inserted {
                        if kind == .crash { try await appliance.revive(.orchestrator) }
                    }
                }
                // What stays of every organisation that is gone.
                let left = Set(try await appliance.tablesHolding(org: id)).subtracting([
                    "audit.entries", "logs.ended_environments",
                ])
                return left.isEmpty && hits.count == Self.points.count
            }
            try appliance.faults.disarm()
            let rooms = hits["orchestrator.organization.afterRoomForgot"]?.map(\.subject).sorted()
            #expect(rooms == ["broker", "gateway", "logs", "runner"], "\(hits)")
            #expect(try await !appliance.admin(["org", "list"]).contains(id))
            // The id is free: nothing of the old one comes back.
            let made = try await appliance.admin(["org", "create", id, "--token", "robot"])
            let token = try #require(made.split(separator: "\n").last.map(String.init))
            #expect(try await appliance.must(200, "GET", "/orgs/\(id)/apps", token: token) == [])
            _ = try await appliance.admin(["org", "delete", id, "--with-everything", "--yes", "--wait"])
        }
    }
}
