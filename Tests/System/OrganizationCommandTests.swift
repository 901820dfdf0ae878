import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// Organisations by `martlet-admin`, through the real programs: what root says reaches everything.
    @Suite struct OrganizationCommandTests {
        private static let environment = "/orgs/frozen/apps/shop/envs/development"

        private func organization(_ appliance: Appliance) async throws -> String {
            let made = try await appliance.admin(["org", "create", "frozen", "--token", "robot"])
            let token = try #require(made.split(separator: "\n").last.map(String.init))
            _ = try await appliance.admin(["org", "resume", "frozen"])
            _ = try await appliance.call("POST", "/orgs/frozen/apps", ["id": "shop", "name": "Shop"], token: token)
            return token
        }

        private func deploy(_ appliance: Appliance, _ token: String, expecting status: JSON) async throws -> String {
            let body: JSON = ["files": [["name": "score.yaml", "score": .string(Scores.ticker)]]]
            let made = try await appliance.must(202, "POST", Self.environment + "/score-deploys", body, token: token)
            let id = try #require(made["id"]?.string)
            try await eventually(within: .seconds(90), "the end of the deployment") {
                try await appliance.must(200, "GET", Self.environment + "/deploys/\(id)", token: token)["status"] == status
            }
            return id
        }

        private func ticks(_ appliance: Appliance, _ token: String) async throws -> [Int] {
            let lines = try await appliance.must(200, "GET", Self.environment + "/logs?limit=1000&asc=true", token: token)
            return (lines.array ?? []).compactMap { line in
                guard let text = line["payload"]?.string, text.hasPrefix("tick ") else { return nil }
                return Int(text.dropFirst(5))
            }
        }

        @Test func aSuspendedOrganizationIsShutAndWhatItRunsRunsOn() async throws {
            let appliance = try await Appliance.shared(), token = try await organization(appliance)
            #expect(try await appliance.admin(["org", "list"]).contains("frozen  frozen  active"))
            _ = try await deploy(appliance, token, expecting: "succeeded")
            let before = try await eventually(within: .seconds(60), "its lines") { () async throws -> Int? in
                try await ticks(appliance, token).max()
            }
            var request = HTTPClientRequest(url: appliance.url + Self.environment + "/logs/stream")
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            let stream = try await appliance.client.execute(request, deadline: .now() + .seconds(90))
            #expect(stream.status == .ok)

            let suspended = try await appliance.admin(["org", "suspend", "frozen", "--reason", "see ticket 7"])
            #expect(suspended.contains("suspended since") && suspended.contains("by martlet-admin: see ticket 7"), "\(suspended)")
            let clock = ContinuousClock(), begin = clock.now
            try await eventually(within: .seconds(60), "the suspension") {
                try await appliance.call("GET", Self.environment, token: token).status == 403
            }
            let refused = try await appliance.call("GET", "/current-user", token: token)
            #expect(refused.error == "organization_suspended" && refused.message.contains("see ticket 7"), "\(refused)")
            // The stream that was open is cut: its body ends, well or with an error.
            do { for try await _ in stream.body {} } catch is HTTPClientError {} catch is HTTPParserError {}
            #expect(clock.now - begin < .seconds(60))
            // Nobody else notices.
            try await appliance.must(200, "GET", "/orgs/acme/apps")
            let resumed = try await appliance.admin(["org", "resume", "frozen"])
            #expect(resumed.contains("frozen  frozen  active"), "\(resumed)")
            try await eventually(within: .seconds(60), "the end of the suspension") {
                try await appliance.call("GET", Self.environment, token: token).status == 200
            }
            // It ran all the time: the same container counted on.
            let all = try await eventually(within: .seconds(60), "further lines") { () async throws -> [Int]? in
                let ticks = try await ticks(appliance, token)
                return (ticks.max() ?? 0) > before ? ticks : nil
            }
            #expect(all.filter { $0 == 0 }.count == 1, "\(all.count)")
        }

        /// All of it goes, and the id can be used again.
        @Test func aDeletedOrganizationIsGoneFromEveryRoom() async throws {
            let appliance = try await Appliance.shared(), token = try await organization(appliance)
            _ = try await appliance.admin(["org", "limits", "frozen"] + OrganizationLimit.allCases.map { $0.word + "=none" })
            _ = try await deploy(appliance, token, expecting: "succeeded")
            let app = "/orgs/frozen/apps/shop"
            let value: JSON = ["key": "SECRET", "value": "quite", "is_secret": true, "description": ""]
            try await appliance.must(201, "POST", app + "/values", value, token: token)
            let refused = try await CommandRun([
                ProgramProcess.folder + "/martlet-admin", "org", "delete", "frozen", "--yes", "--config",
                appliance.file("admin.yaml"),
            ])
            #expect(refused.code == 1 && refused.error.contains("--with-everything"), "\(refused)")
            let done = try await appliance.admin(["org", "delete", "frozen", "--with-everything", "--yes", "--wait"])
            #expect(done.contains("frozen is deleted"), "\(done)")
            #expect(try await appliance.call("GET", app, token: token).status == 401)
            // No row of it is anywhere, but in the audit log and among the environments that ended.
            let left = try await appliance.tablesHolding(org: "frozen")
            #expect(Set(left).subtracting(["audit.entries", "logs.ended_environments"]) == [], "\(left)")
            let again = try await organization(appliance)
            let apps = try await appliance.must(200, "GET", "/orgs/frozen/apps", token: again).array ?? []
            #expect(apps.count == 1)
            #expect(try await appliance.must(200, "GET", app + "/values", token: again) == [])
            #expect(try await appliance.must(200, "GET", Self.environment + "/logs", token: again) == [])
        }

        @Test func limitsAreSetSeenAndHeld() async throws {
            let appliance = try await Appliance.shared(), token = try await organization(appliance)
            let words = ["applications=1", "cpu=2", "logs=64Mi", "containers=none"]
            let set = try await appliance.admin(["org", "limits", "frozen"] + words)
            #expect(set.contains("applications: 1 of 1") && set.contains("logs:") && set.contains("of 64Mi"), "\(set)")
            let refused = try await appliance.call("POST", "/orgs/frozen/apps", ["id": "second", "name": "x"], token: token)
            #expect(refused.status == 409 && refused.error == "limit_reached", "\(refused)")
            // A program that says no limit could take more than the two processors.
            let id = try await deploy(appliance, token, expecting: "failed")
            let errors = try await appliance.must(200, "GET", Self.environment + "/deploys/\(id)/errors", token: token)
            #expect(errors[0]?["code"] == "PLAN-117", "\(errors)")
            let seen = try await appliance.martlet(
                ["get", "limits"], ["MARTLET_ORG": "frozen", "MARTLET_TOKEN": token])
            #expect(seen.output.contains("running-deployments") && seen.output.contains("64Mi"), "\(seen)")
            for wrong in ["moons=1", "cpu=much", "applications"] {
                let run = try await CommandRun(
                    [
                        ProgramProcess.folder + "/martlet-admin", "org", "limits", "frozen", wrong, "--config",
                        appliance.file("admin.yaml"),
                    ])
                #expect(run.code == 2, "\(run)")
            }
            let open = try await appliance.admin(
                ["org", "limits", "frozen"] + OrganizationLimit.allCases.map { $0.word + "=none" })
            #expect(!open.contains("of 1\n") && open.contains("of any number"), "\(open)")
        }
    }
}
