import PlatformModel
import Postgres
import TestSupport
import Testing

extension ApplianceTests {
    /// The tutorials do what they say, line by line; then what they have left is looked at, as machines see it and as it really is.
    @Suite struct TutorialTests {
        private static let db = "postgres.default#modules.web.externals.db"

        private static func start() async throws -> Appliance {
            let appliance = try await Appliance.shared()
            let made = try await appliance.call("POST", "/orgs/acme/env-types", ["id": "production"])
            #expect([201, 409].contains(made.status), "\(made)")
            return appliance
        }

        /// How `psql` of a page reaches the tenants' server.
        private static func server(_ appliance: Appliance) -> [String: String] {
            let server = appliance.tenant
            return [
                "PGHOST": server.host, "PGPORT": "\(server.port)", "PGUSER": server.administrator, "PGPASSWORD": server.password,
                "PGDATABASE": "postgres",
            ]
        }

        private static func psql(_ appliance: Appliance, _ sql: String, in database: String = "postgres") async throws -> [String]
        {
            let run = try await appliance.shell(
                "psql -qAt -v ON_ERROR_STOP=1 -d \(database) <<'END'\n\(sql)\nEND\n", in: appliance.folder.path, server(appliance)
            )
            #expect(run.code == 0, "\(sql): \(run.output)")
            return run.output.split(separator: "\n").map(String.init)
        }

        /// The databases that an application has really.
        private static func databases(_ app: String, _ appliance: Appliance) async throws -> [String] {
            try await psql(appliance, "SELECT datname FROM pg_database WHERE datname LIKE '\(app)\\_%' ORDER BY 1")
        }

        /// The environments in which an application's containers really run.
        private static func running(_ app: String, _ appliance: Appliance) async throws -> Set<String> {
            let all = try await appliance.podman.call("GET", "/containers/json").body.array ?? []
            let own = all.filter { $0["Labels"]?["martlet.app"]?.string == app && $0["Labels"]?["martlet.role"] == "container" }
            return Set(own.compactMap { $0["Labels"]?["martlet.env"]?.string })
        }

        /// The application goes with all that stands, then its definitions.
        private static func away(_ app: String, _ definitions: [String], _ appliance: Appliance) async throws {
            let path = "/orgs/acme/apps/\(app)"
            #expect([202, 204].contains(try await appliance.call("DELETE", path + "?force=true").status))
            try await eventually(within: .seconds(90), "the end of '\(app)'") {
                try await appliance.call("GET", path).status == 404
            }
            for definition in definitions { try await appliance.must(204, "DELETE", "/orgs/acme/resources/defs/" + definition) }
        }

        @Test func environments() async throws {
            let appliance = try await Self.start()
            try await appliance.definePostgres(for: "cafe")
            try await Tutorial("environments", appliance).run()
            let names = try await Self.databases("cafe", appliance)
            #expect(names.map { $0.split(separator: "_")[1] } == ["development", "live"], "\(names)")
            try await eventually("the containers of the two, and no other") {
                try await Self.running("cafe", appliance) == ["development", "live"]
            }
            let here = ["--app", "cafe"]
            let diff = try await appliance.json(["env", "diff", "live", "development"] + here)
            #expect(diff["changes"]?["entries"]?.array?.count ?? diff["changes"]?.array?.count == 1, "\(diff)")
            for words in [["promote", "development", "live"], ["rollback", "live"]] {
                let plan = try await appliance.json(["env"] + words + ["--plan"] + here)
                #expect(plan["totals"]?["update"] == 1 && plan["env_id"] == "live", "\(plan)")
            }
            let made = try await appliance.json(["env", "create", "spare", "--from", "live"] + here)
            #expect(made["id"] == "spare" && made["type"] == "production", "\(made)")
            let gone = try await appliance.json(["env", "delete", "spare", "--yes"] + here)
            #expect(gone == ["object": "env spare", "status": "deleted"])
            let unknown = try await appliance.martlet(["env", "promote", "develpment", "live"] + here)
            #expect(unknown.code == 3 && unknown.error.contains("did you mean 'development'?"), "\(unknown.error)")
            try await Self.away("cafe", ["postgres-cafe"], appliance)
            #expect(try await Self.databases("cafe", appliance).isEmpty)
        }

        @Test func givePeopleAccess() async throws {
            let appliance = try await Self.start()
            try await Tutorial("give-people-access", appliance).run()
            // What is left of it, as machines see it.
            let holders = try await appliance.json(["role", "list", "--app", "desk"])
            #expect(holders.array?.compactMap { $0["role"]?.string } == ["owner"], "\(holders)")
            let invitations = try await appliance.json(["get", "invitations"]).array ?? []
            let carol = try #require(invitations.first { $0["email"] == "carol@example.org" }?["user_id"]?.string)
            #expect(
                try await appliance.json(["delete", "invitation", carol, "--yes"]) == [
                    "object": .string("invitation " + carol), "status": "deleted",
                ])
            // Root's way in, as the page has it.
            let role = #"{"subject": "group:cn=auditors,ou=groups,dc=example,dc=org", "level": "org", "role": "orgViewer"}"#
            let given = try await appliance.curl(
                .gateway, "/v1/admin/orgs/acme/roles", ["-H", "Content-Type: application/json", "-d", role])
            #expect(given.output.hasSuffix("204"), "\(given)")
            let auditors = try await appliance.json(["delete", "group", "group:cn=auditors,ou=groups,dc=example,dc=org", "--yes"])
            #expect(auditors["status"] == "deleted")
            try await Self.away("desk", [], appliance)
        }

        @Test func rollOutAChangedDefinition() async throws {
            let appliance = try await Self.start()
            try await Tutorial("roll-out-a-changed-definition", appliance).run()
            try await Self.away("blog", ["banner"], appliance)
            try await appliance.must(204, "DELETE", "/orgs/acme/workload-profiles/acme%2Fsmall")
        }

        @Test func findAndRepairDrift() async throws {
            let appliance = try await Self.start(), here = ["--app", "bakery", "--env", "development"]
            try await appliance.definePostgres(for: "bakery")
            try await Tutorial("find-and-repair-drift", appliance).run(settings: Self.server(appliance))
            let roles = "FROM pg_roles WHERE rolname LIKE 'bakery\\_%'"
            #expect(try await Self.psql(appliance, "SELECT rolcanlogin \(roles)") == ["t"])
            let role = try #require(try await Self.psql(appliance, "SELECT rolname \(roles)").first)
            _ = try await Self.psql(appliance, "ALTER ROLE \"\(role)\" NOLOGIN")
            let seen = try await appliance.json(["drift", "--detailed-exitcode"] + here, code: 2)
            #expect(seen["totals"]?["drifted"] == 1, "\(seen)")
            // By itself, when its hour has come.
            _ = try await appliance.json(["drift", "--env-type", "development", "--schedule", "report"])
            let database = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
            let due = try await database.execute("UPDATE orchestrator.drift_schedule SET due_at = now() WHERE app_id = 'bakery'")
            await database.close()
            #expect(due == 1)
            let report = try await eventually(within: .seconds(60), "a look by itself") {
                let all = try await appliance.json(["get", "drifts"] + here).array ?? []
                return all.first { $0["origin"] == "schedule" && $0["status"] == "succeeded" }
            }
            #expect(report["totals"]?["drifted"] == 1 && report["deployment_id"] == nil, "\(report)")
            for type in ["development", "production"] {
                let set = try await appliance.json(["drift", "--env-type", type, "--schedule", "default"])
                #expect(set == ["schedule": "off", "default": true], "\(set)")
            }
            let repaired = try await appliance.json(["drift", "--repair"] + here)
            #expect(repaired["deployment"]?["status"] == "succeeded", "\(repaired)")
            #expect(try await Self.psql(appliance, "SELECT rolcanlogin \(roles)") == ["t"])
            try await Self.away("bakery", ["postgres-bakery"], appliance)
        }

        @Test func collectWhatNobodyUses() async throws {
            let appliance = try await Self.start(), here = ["--app", "market", "--env", "development"]
            try await appliance.definePostgres(for: "market")
            let page = try Tutorial("collect-what-nobody-uses", appliance)
            try await page.run()
            // It is nobody's any more, and stands.
            let database = try #require(try await Self.databases("market", appliance).first)
            let standing = try await appliance.json(["resources"] + here).array ?? []
            #expect(standing.allSatisfy { $0["type"] == "workload" }, "\(standing)")
            // Whoever asks for it again gets it back, and what is in it is data.
            for file in ["before", "after"] {
                _ = try await appliance.martlet(["score", "deploy", "-f", page.folder.file(file + ".yaml"), "--wait"] + here)
            }
            _ = try await Self.psql(
                appliance, "SET ROLE \"\(database)\"; CREATE TABLE stalls AS SELECT 1 AS number", in: database)
            let named = ["collect", Self.db, "--older-than", "0"] + here
            let plan = try await appliance.json(named)
            let going = (plan["resources"]?.array ?? []).filter { $0["action"] == "collect" }.compactMap { $0["id"]?.string }
            #expect(going.contains(Self.db), "\(plan)")
            let refused = try await appliance.martlet(named + ["--yes"])
            #expect(refused.code == 1 && refused.error.contains("DRV-309"), "\(refused.error)")
            #expect(try await Self.databases("market", appliance) == [database])
            let forced = try await appliance.json(named + ["--yes", "--force", "--reason", "the market is over"])
            #expect(forced["status"] == "succeeded", "\(forced)")
            #expect(try await Self.databases("market", appliance).isEmpty)
            let record = try await appliance.json(["get", "interventions"] + here).array ?? []
            let ours = record.filter { $0["object"]?.string == Self.db }
            let actions = ours.compactMap { $0["action"]?.string }
            #expect(actions.contains("detach") && actions.contains("collect"), "\(record)")
            #expect(ours.contains { $0["reason"] == "the market is over" }, "\(record)")
            try await Self.away("market", ["postgres-market", "market-banner"], appliance)
        }

        @Test func stopAndGoOn() async throws {
            let appliance = try await Self.start(), server = appliance.tenant, here = ["--app", "club", "--env", "development"]
            _ = try await Self.psql(appliance, "CREATE ROLE club_maker LOGIN CREATEDB CREATEROLE PASSWORD 'of-the-club'")
            try await appliance.must(
                200, "POST", "/orgs/acme/resources/defs",
                [
                    "id": "postgres-club", "name": "PostgreSQL", "type": "postgres", "driver_type": "martlet/postgres",
                    "driver_inputs": [
                        "values": ["host": .string(server.host), "port": .int(Int64(server.port)), "user": "club_maker"],
                        "secrets": ["password": "of-the-club"],
                    ],
                    "criteria": [["app_id": "club"]],
                ])
            let page = try Tutorial("stop-and-go-on", appliance)
            try await page.run(settings: Self.server(appliance))
            let steps = try await appliance.json(["steps"] + here).array ?? []
            #expect(steps.contains { $0["object"] == "workload web" && $0["state"] != "succeeded" }, "\(steps)")
            // A node by its name, and one that is not there.
            let wrong = try await appliance.martlet(["retry", "deployment", "--node", "workload wbe"] + here)
            #expect(wrong.code != 0 && wrong.error.contains("workload web"), "\(wrong.error)")
            let again = try await appliance.json(["retry", "deployment", "--node", "workload web"] + here)
            #expect(again["status"] == "in progress" && again["retried_by"] != nil, "\(again)")
            let stopped = try await appliance.json(["cancel", "deployment", "--wait"] + here)
            #expect(stopped["id"] == again["id"] && stopped["status"] == "failed", "\(stopped)")
            let nothing = try await appliance.martlet(["cancel", "deployment"] + here)
            #expect(nothing.code == 3 && nothing.error.contains("nothing is being deployed"), "\(nothing.error)")
            try await Self.away("club", ["postgres-club", "club-banner"], appliance)
            _ = try await Self.psql(appliance, "DROP ROLE club_maker")
        }

        @Test func sharedValuesAndSecrets() async throws {
            let appliance = try await Self.start(), here = ["--app", "choir", "--env", "development"]
            try await Tutorial("shared-values-and-secrets", appliance).run()
            // The key came to the workload, and to nobody who asks.
            let values = try await appliance.json(["get", "values"] + here).array ?? []
            let key = try #require(values.first { $0["key"] == "API_KEY" })
            #expect(key["is_secret"] == true && !key.canonical.contains("k-1234567"), "\(key)")
            let logs = try await eventually("a line of the workload") {
                let run = try await appliance.martlet(["logs", "--workload", "web"] + here)
                return run.output.contains("with a key of 9 letters") ? run.output : nil
            }
            #expect(!logs.contains("k-1234567"))
            // Back to the deployment before, with the values that it had.
            let plan = try await appliance.json(["rollback", "--plan"] + here)
            #expect(plan["value_set_version_id"]?.string?.isEmpty == false, "\(plan)")
            let newest = try await appliance.json(["rollback", "--plan", "--values-version", "."] + here)
            #expect(newest["value_set_version_id"] == nil, "\(newest)")
            let history = try await appliance.json(["value", "history", "--key", "LEVEL", "--in-env"] + here)
            #expect(!history.canonical.contains("my-password"), "\(history)")
            try await Self.away("choir", [], appliance)
        }

        @Test func planBeforeYouDeploy() async throws {
            let appliance = try await Self.start()
            try await Tutorial("plan-before-you-deploy", appliance).run()
            try await Self.away("studio", ["studio-settings"], appliance)
        }
    }
}
