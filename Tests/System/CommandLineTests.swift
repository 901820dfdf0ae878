import FoundationEssentials
import Glibc
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// `martlet` as people and CI use it, against the real appliance.
    @Suite struct CommandLineTests {
        private static let here = ["--app", "tour", "--env", "development"]

        private func martlet(
            _ words: [String], _ settings: [String: String] = [:], code: Int32 = 0,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> CommandRun {
            let run = try await Appliance.shared().martlet(words, settings)
            #expect(run.code == code, "\(words): \(run.output)\(run.error)", sourceLocation: sourceLocation)
            return run
        }

        @Test func signingIn() async throws {
            let appliance = try await Appliance.shared()
            let right = try appliance.folder.write("alice-demo\n", to: "alice-password")
            let wrong = try appliance.folder.write("alice-domo\n", to: "wrong-password")
            let settings = ["MARTLET_TOKEN": "", "MARTLET_ORG": ""]
            let refused = try await martlet(["login", "--username", "alice", "--password-file", wrong], settings, code: 4)
            #expect(refused.error.hasPrefix("error: ") && !refused.error.contains("alice-domo"))
            #expect(try await martlet(["whoami"], settings, code: 4).error.contains("martlet login"))
            _ = try await martlet(["login", "--username", "alice", "--password-file", right], settings)
            #expect(try await martlet(["whoami"], settings).output.contains("administrator on /orgs/acme"))
            #expect(try await martlet(["get", "orgs", "--output", "json"], settings).output.contains("\"acme\""))
            // Somebody whom the directory knows and who holds no role here.
            let bob = try appliance.folder.write("bob-demo\n", to: "bob-password")
            let elsewhere = ["--config", appliance.file("bob.yaml")]
            let none = try await martlet(["login", "--username", "bob", "--password-file", bob] + elsewhere, settings, code: 4)
            #expect(none.error.contains("hold no role in any organization here"))
            _ = try await martlet(["logout"], settings)
            _ = try await martlet(["whoami"], settings, code: 4)
        }

        @Test func exitCodes() async throws {
            _ = try await martlet(["get", "app", "nothing-here"], code: 3)
            _ = try await martlet(["get", "apps", "--org", "globex"], code: 3)
            _ = try await martlet(["get", "apps", "--token", "mrt_wrong"], code: 4)
            _ = try await martlet(["create", "env-type", "development"], code: 5)
            _ = try await martlet(["get", "apps", "--sort"], code: 2)
            _ = try await martlet(["gte", "apps"], code: 2)
            _ = try await martlet(["get", "apps", "--url", "https://127.0.0.1:1"], code: 1)
            _ = try await martlet(["get", "apps", "--ca", "/etc/ssl/certs/ca-certificates.crt"], code: 1)
        }

        @Test func fromAScoreFileToItsEnd() async throws {
            let appliance = try await Appliance.shared()
            let password = appliance.tenant.password.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            let definition = try appliance.folder.write(
                """
                apiVersion: entity.humanitec.io/v1b1
                kind: Definition
                metadata: {id: postgres-tour}
                entity:
                  name: PostgreSQL
                  type: postgres
                  driver_type: martlet/postgres
                  driver_inputs:
                    values: {host: \(appliance.tenant.host), port: \(appliance.tenant.port), user: \(appliance.tenant.administrator)}
                    secrets: {password: "\(password)"}
                  criteria: [{app_id: tour}]
                """, to: "definition.yaml")
            #expect(try await martlet(["apply", "-f", definition]).output.contains("definition postgres-tour created"))
            _ = try await martlet(["create", "app", "tour"])
            let score = try appliance.folder.write(Scores.shop(greeting: "first"), to: "tour.yaml")
            let deploy = ["score", "deploy", "-f", score] + Self.here + ["--wait"]
            let first = try await martlet(deploy)
            #expect(first.output.contains("succeeded") && first.error.contains("workload web  succeeded"))
            let follower = try appliance.follow(Self.here)
            try await eventually("the first greeting, followed") { follower.output.contains("first") }
            let greeting = ["-p", "containers.main.variables.GREETING=second"]
            _ = try await martlet(deploy + greeting)
            try await eventually("the second greeting, followed") { follower.output.contains("second") }
            follower.kill(SIGINT)
            _ = try await follower.exit()
            let why = try await martlet(["explain"] + Self.here)
            #expect(why.output.contains("from postgres-tour") && why.output.contains("matches app_id 'tour'"), "\(why.output)")
            try await picture(appliance)
            #expect(try await martlet(["rollback", "--yes"] + Self.here + ["--wait"]).error.contains("back to deployment"))
            try await eventually("the greetings of three deployments") {
                try await appliance.lines("/orgs/acme/apps/tour/envs/development") == ["first", "second", "first"]
            }
            #expect(try await martlet(["logs"] + Self.here).output.split(separator: "\n").count >= 3)
            #expect(try await martlet(["resources", "--output", "json"] + Self.here).output.contains("modules.web.externals.db"))
            try await failures(appliance)
            // Not a terminal: nobody can be asked.
            _ = try await martlet(["delete", "app", "tour"], code: 2)
            #expect(try await martlet(["delete", "app", "tour", "--yes"]).output.contains("deleted"))
            _ = try await martlet(["get", "app", "tour"], code: 3)
            _ = try await martlet(["delete", "-f", definition, "--yes"])
        }

        /// An administrator puts another pair in place and restarts the gateway: clients need that CA, and the old one no longer does.
        @Test func aCertificateOfOnesOwn() async throws {
            let appliance = try await Appliance.shared()
            let names = ["certificate.pem", "key.pem"].map { appliance.file("gateway/" + $0) }
            let before = appliance.file("before.pem")
            try FileManager.default.copyItem(atPath: names[0], toPath: before)
            for name in names { try FileManager.default.moveItem(atPath: name, toPath: name + ".kept") }
            let made = try await CommandRun([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-out", names[0], "-keyout", names[1],
            ])
            #expect(made.code == 0, "\(made.error)")
            try await appliance.restart(.gateway)
            let new = try await appliance.martlet(["get", "orgs"])
            let old = try await appliance.martlet(["get", "orgs"], ["MARTLET_CA": before])
            for name in names {
                try FileManager.default.removeItem(atPath: name)
                try FileManager.default.moveItem(atPath: name + ".kept", toPath: name)
            }
            try await appliance.restart(.gateway)
            #expect(new.code == 0, "\(new.error)")
            #expect(old.code == 1 && old.error.contains("certificate"), "\(old.error)")
            _ = try await martlet(["get", "orgs"])
        }

        /// Graphviz reads it, and finds the nodes and edges of the tree.
        private func picture(_ appliance: Appliance) async throws {
            #expect(
                try await martlet(["graph"] + Self.here).output.contains(
                    "workload.default#modules.web  [update]\n└─ postgres.default#modules.web.externals.db  postgres-tour  [keep]")
            )
            let dot = try await martlet(["graph", "--format", "dot"] + Self.here).output
            let file = try appliance.folder.write(dot, to: "graph.dot")
            let drawn = try await CommandRun(["dot", "-Tplain", file])
            #expect(drawn.code == 0, "\(drawn.error)")
            let lines = drawn.output.split(separator: "\n")
            #expect(lines.filter { $0.hasPrefix("node ") }.count == 2 && lines.filter { $0.hasPrefix("edge ") }.count == 1)
        }

        private func failures(_ appliance: Appliance) async throws {
            let absent = Scores.shop(greeting: "x").replacing(PrivatePodman.busyboxImage, with: "localhost/absent:1")
            let file = try appliance.folder.write(absent, to: "absent.yaml")
            let failed = try await martlet(["score", "deploy", "-f", file] + Self.here + ["--wait"], code: 1)
            #expect(failed.error.contains("DEP-") && failed.error.contains("localhost/absent:1"), "\(failed.error)")
            // It becomes ready, but not at once.
            let slow = Scores.shop(greeting: "slow").replacing("echo $GREETING;", with: "echo $GREETING; sleep 4; touch /tmp/up;")
                .replacing(
                    "    variables:\n", with: "    readinessProbe: {exec: {command: [/bin/test, -e, /tmp/up]}}\n    variables:\n")
            let other = try appliance.folder.write(slow, to: "slow.yaml")
            let late = try await martlet(["score", "deploy", "-f", other] + Self.here + ["--wait", "--timeout", "1"], code: 6)
            #expect(late.error.contains("martlet get deploy"))
        }
    }
}
