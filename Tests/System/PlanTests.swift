import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// `martlet plan`, and what it plans deployed by its id, against the real appliance.
    @Suite struct PlanTests {
        private static let here = ["--app", "planned", "--env", "development"]
        private static let environment = "/orgs/acme/apps/planned/envs/development"

        private static let score = """
            apiVersion: score.dev/v1b1
            metadata: {name: web}
            containers:
              main:
                image: \(PrivatePodman.busyboxImage)
                command: [/bin/sh, -c]
                args: ["trap 'exit 0' TERM; echo $GREETING; while :; do sleep 0.1; done"]
                variables: {GREETING: "${resources.settings.greeting}", EXTRA: "none"}
            resources:
              settings: {type: config}
            """

        private func martlet(
            _ words: [String], code: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> CommandRun {
            let run = try await Appliance.shared().martlet(words + Self.here)
            #expect(run.code == code, "\(words): \(run.output)\(run.error)", sourceLocation: sourceLocation)
            return run
        }

        private func define(_ greeting: String) async throws {
            let appliance = try await Appliance.shared()
            let file = try appliance.folder.write(
                """
                apiVersion: entity.humanitec.io/v1b1
                kind: Definition
                metadata: {id: planned-config}
                entity:
                  name: Settings
                  type: config
                  driver_type: martlet/echo
                  driver_inputs: {values: {greeting: \(greeting)}}
                  criteria: [{app_id: planned}]
                """, to: "planned-config.yaml")
            _ = try await martlet(["apply", "-f", file])
        }

        /// The plan's id, with what the command line shows of it.
        private func plan(_ words: [String]) async throws -> (id: String, body: JSON) {
            let body = try JSON.parse(try await martlet(["plan", "--output", "json"] + words).output)
            return (try #require(body["id"]?.string), body)
        }

        @Test func fromThePlanToItsDeployment() async throws {
            let appliance = try await Appliance.shared()
            try await define("first")
            _ = try await martlet(["create", "app", "planned"])
            let score = try appliance.folder.write(Self.score, to: "planned.yaml"), files = ["-f", score]
            let seen = try await martlet(["plan", "--detailed-exitcode"] + files, code: 2)
            #expect(seen.output.contains("+   create  config.default#modules.web.externals.settings  planned-config"))
            #expect(seen.output.contains("+   create  workload web") && seen.output.contains("2 to create; 0 kept."))
            let first = try await plan(files)
            #expect(try await appliance.must(200, "GET", Self.environment + "/deploys") == [], "a plan is no deployment")
            #expect(try await martlet(["deploy", "--plan", first.id, "--wait"]).output.contains("succeeded"))
            try await eventually("the first greeting") { try await appliance.lines(Self.environment) == ["first"] }
            let nothing = try await martlet(["plan", "--detailed-exitcode"] + files)
            #expect(nothing.output.hasSuffix("Nothing to do: 2 kept.\n"), "\(nothing.output)")

            // The definition changes twice: once before the plan, once after it.
            try await define("second")
            let second = try await plan(files + ["-p", "containers.main.variables.EXTRA=some"])
            #expect(second.body["totals"]?["update"] == 2)
            #expect(second.body.canonical.contains(#""path":"/values/greeting""#), "\(second.body.canonical)")
            try await define("third")
            let stale = try await martlet(["deploy", "--plan", second.id, "--wait"], code: 5)
            #expect(stale.error.contains("plan_stale") && stale.error.contains("definition planned-config"), "\(stale.error)")
            #expect(try await martlet(["plan", second.id]).output.contains("It no longer holds:"))
            let third = try await plan(["--again", second.id])
            let shown = try await martlet(["plan", third.id]).output
            #expect(shown.contains(#"+ "third""#) && shown.contains(#"+ "some""#), "\(shown)")
            _ = try await martlet(["deploy", "--plan", third.id, "--wait"])
            try await eventually("the third greeting, and never the second") {
                try await appliance.lines(Self.environment) == ["first", "third"]
            }
            #expect(try await martlet(["get", "plans"]).output.contains("~2"))
            _ = try await martlet(["delete", "app", "planned", "--yes"])
            _ = try await martlet(["delete", "def", "planned-config", "--yes"])
        }
    }
}
