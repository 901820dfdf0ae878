import Glibc
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// `martlet rollout` on real programs, one of which is killed. Only shared resources: no container has to be awaited.
    @Suite struct RolloutCommandTests {
        private static let app = "/orgs/acme/apps/harbour"
        private static let environments = ["development", "north", "quay"]

        private func write(_ template: String) async throws -> String {
            try await Appliance.shared().folder.write(
                """
                apiVersion: entity.humanitec.io/v1b1
                kind: Definition
                metadata: {id: lamp}
                entity:
                  name: Lamp
                  type: config
                  driver_type: martlet/template
                  driver_inputs: {values: {templates: {outputs: '\(template)'}}}
                  criteria: [{app_id: harbour}]
                """, to: "lamp.yaml")
        }

        private func martlet(_ words: [String], code: Int32 = 0) async throws -> CommandRun {
            let run = try await Appliance.shared().martlet(words)
            #expect(run.code == code, "\(words): \(run.output)\(run.error)")
            return run
        }

        /// What the resource of each environment gave last.
        private func texts(_ appliance: Appliance) async throws -> [String?] {
            var texts: [String?] = []
            for environment in Self.environments {
                let all = try await appliance.json(["resources", "--app", "harbour", "--env", environment]).array ?? []
                texts.append(all.first { $0["res_id"] == "shared.lamp" }?["resource"]?["text"]?.string)
            }
            return texts
        }

        private func states(_ rollout: JSON) -> [String] {
            (rollout["targets"]?.array ?? []).map { "\($0["env_id"]?.string ?? "") \($0["state"]?.string ?? "")" }
        }

        @Test func itGoesOnWhenTheOrchestratorIsKilledAndStopsAtTheFirstFailure() async throws {
            let appliance = try await Appliance.shared()
            _ = try await appliance.call("POST", "/orgs/acme/env-types", ["id": "production"])
            let definition = try await write("text: red")
            _ = try await martlet(["apply", "-f", definition])
            _ = try await martlet(["create", "app", "harbour"])
            let delta = try await appliance.must(
                200, "POST", Self.app + "/deltas",
                [
                    "metadata": ["env_id": "development"], "modules": [:],
                    "shared": [["op": "add", "path": "/lamp", "value": ["type": "config"]]],
                ])
            let id = try #require(delta["id"]?.string), here = ["--app", "harbour"]
            _ = try await martlet(["deploy", "--delta", id, "--env", "development", "--wait"] + here)
            _ = try await martlet(["env", "clone", "development", "north", "--wait"] + here)
            _ = try await martlet(["env", "clone", "development", "quay", "--type", "production", "--wait"] + here)
            #expect(try await texts(appliance) == ["red", "red", "red"])

            _ = try await write("text: green")
            #expect(try await martlet(["apply", "-f", definition]).output == "definition lamp updated\n")
            let words = ["rollout", "definition", "lamp", "--batch-size", "1", "--env-types", "development,production"]
            let dry = try await appliance.json(words + ["--plan"])
            #expect(dry["targets"]?.array?.compactMap { $0["batch"]?.int } == [1, 2, 3], "\(dry)")
            #expect(try await texts(appliance) == ["red", "red", "red"])
            let begun = try await appliance.json(words + ["--yes"])
            try await appliance.killAndRestart(.orchestrator)
            let rollout = try #require(begun["id"]?.string)
            let done = try await eventually(within: .seconds(60), "the rollout's end") {
                let shown = try await appliance.json(["get", "rollout", rollout])
                return ["succeeded", "failed"].contains(shown["status"]?.string) ? shown : JSON?.none
            }
            #expect(done["status"] == "succeeded" && states(done) == Self.environments.map { $0 + " succeeded" }, "\(done)")
            #expect(try await texts(appliance) == ["green", "green", "green"])
            #expect(try await martlet(words + ["--plan"]).output.contains("Nothing to deploy."))
            for environment in Self.environments {
                let deploys = try await appliance.must(200, "GET", "\(Self.app)/envs/\(environment)/deploys").array ?? []
                #expect(deploys.count { $0["comment"]?.string?.hasPrefix("rollout ") == true } == 1)
            }
            try await failure(appliance, words, definition)
            let unknown = try await martlet(["rollout", "definition", "lmap"], code: 3)
            #expect(unknown.error.contains("did you mean 'lamp'?"), "\(unknown.error)")
            _ = try await martlet(["delete", "app", "harbour", "--yes"])
            _ = try await martlet(["delete", "-f", definition, "--yes"])
        }

        /// What comes after the failure is not touched.
        private func failure(_ appliance: Appliance, _ words: [String], _ definition: String) async throws {
            _ = try await write(#"text: {{ if eq "${context.env.id}" "north" }}{{ fail "no oil" }}{{ end }}blue"#)
            _ = try await martlet(["apply", "-f", definition])
            let failed = try await martlet(words + ["--yes", "--wait"], code: 1)
            #expect(failed.error.contains("no oil") && failed.error.contains("martlet rollout resume"), "\(failed.error)")
            let all = try await appliance.json(["get", "rollouts"]).array ?? []
            let newest = try #require(all.first { $0["definition_id"] == "lamp" && $0["status"] == "failed" }?["id"]?.string)
            let shown = try await appliance.json(["get", "rollout", newest])
            #expect(states(shown) == ["development succeeded", "north failed", "quay planned"], "\(shown)")
            #expect(try await texts(appliance).last == "green")
        }
    }
}
