import CommandLineTool
import PlatformModel
import Testing

/// `drift`, `collect` and `detach`, before a gateway that says what the test says.
@Suite struct DriftCommandTests {
    private static let base = "/orgs/acme/apps/shop/envs/development"
    private static let db = "postgres.default#modules.web.externals.db"

    private static let report: JSON = [
        "id": "5d1e0b8a4c6f2e97", "env_id": "development", "status": "succeeded", "origin": "asked", "repair": false,
        "totals": ["in_sync": 2, "drifted": 1, "missing": 1, "cannot_tell": 1, "failed": 1],
        "findings": [
            [
                "object": .string(db), "gu_res_id": "0a", "state": "drifted", "must_be_replaced": false,
                "changes": [
                    ["path": "role shop_db/login", "actual": false, "wanted": true, "secret": false],
                    ["path": "role shop_db/password", "secret": true],
                    ["path": "database shop_db/open to everybody", "actual": true, "secret": false],
                ],
            ],
            ["object": "workload web", "gu_res_id": "0b", "state": "missing", "must_be_replaced": false, "changes": []],
            ["object": "workload old", "gu_res_id": "0c", "state": "in_sync", "must_be_replaced": false, "changes": []],
            [
                "object": "s3.default#shared.files", "gu_res_id": "0d", "state": "failed", "must_be_replaced": false,
                "changes": [], "code": "DRV-505", "reason": "the driver does not answer\u{1b}[2J",
            ],
            [
                "object": "x.default#shared.y", "gu_res_id": "0e", "state": "cannot_tell", "must_be_replaced": false,
                "changes": [], "reason": "this host has no record of it",
            ],
        ],
    ]

    private static let clean: JSON = [
        "id": "5d1e0b8a4c6f2e97", "env_id": "development", "status": "succeeded",
        "totals": ["in_sync": 2, "drifted": 0, "missing": 0, "cannot_tell": 0, "failed": 0], "findings": [],
    ]

    private static let plan: JSON = [
        "older_than_hours": 168,
        "resources": [
            ["id": "route.default#shared.site", "action": "collect", "reason": "nothing has asked for it since then"],
            ["id": .string(db), "action": "keep", "reason": "holds data: it goes only when it is named"],
        ],
    ]

    private func gateway(_ report: JSON = Self.report) async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line.prefix(while: { $0 != "?" }) {
            case "POST \(Self.base)/drift-reports": .json(["id": "5d1e0b8a4c6f2e97", "status": "running"], status: 202)
            case "GET \(Self.base)/drift-reports/5d1e0b8a4c6f2e97": .json(report)
            case "PUT /orgs/acme/env-types/production/drift": .json(["schedule": "report", "default": false])
            case "GET \(Self.base)/collection": .json(Self.plan)
            case "POST \(Self.base)/collections": .json(["id": "r1", "status": "pending", "errors": []], status: 202)
            case "GET \(Self.base)/collections": .json([["id": "r1", "status": "succeeded", "errors": []]])
            case "GET \(Self.base)/resources":
                .json([["type": "postgres", "class": "default", "res_id": "modules.web.externals.db", "def_id": "pg"]])
            case "DELETE \(Self.base)/resources/postgres.default/modules.web.externals.db": .json(.null, status: 204)
            default: nil
            }
        }
    }

    @Test func whatHasDriftedIsToldWithItsFields() async throws {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        let outcome = await tool.run("drift", "development")
        #expect(outcome.status == .done)
        try expectGolden(outcome.out, "drift.txt")
        #expect(gateway.body(of: "POST \(Self.base)/drift-reports") == ["repair": false])
        #expect(await tool.run("drift", "--detailed-exitcode").status == .changes)
        #expect(try JSON.parse(await tool.run("drift", "--output", "json").out) == Self.report)
        let clean = try Tool(try await self.gateway(Self.clean))
        #expect(await clean.run("drift", "--detailed-exitcode").status == .done)
        var failed = Self.clean
        failed["status"] = "failed"
        failed["message"] = "a deployment began meanwhile"
        let lost = await (try Tool(try await self.gateway(failed))).run("drift")
        #expect(lost.status == .failed && lost.err.contains("a deployment began meanwhile"))
        let scheduled = await tool.run("drift", "--env-type", "production", "--schedule", "report")
        #expect(scheduled.out == "environment type production: report\n")
        #expect(await tool.run("drift", "--schedule", "report").status == .usage)
    }

    @Test func whatIsCollectedIsWhatIsShown() async throws {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        let shown = await tool.run("collect")
        #expect(shown.status == .done)
        try expectGolden(shown.out, "collect.txt")
        #expect(gateway.body(of: "POST \(Self.base)/collections") == nil)
        let done = await tool.run("collect", "--yes", "--reason", "tidy")
        #expect(done.status == .done && done.out == "collected, by run r1\n")
        #expect(
            gateway.body(of: "POST \(Self.base)/collections")
                == ["expect": ["route.default#shared.site"], "force": false, "reason": "tidy"])
        #expect(await tool.run("collect", "--plan", "--yes").status == .usage)
    }

    /// A command line to go on with has the place that the first one was given.
    @Test func whatToDoNextIsSaidWithItsPlace() async throws {
        let tool = try Tool(try await gateway())
        #expect(await tool.run("drift").err.hasSuffix("repair it with: martlet drift --repair\n"))
        let placed = await tool.run("drift", "development", "--app", "shop")
        #expect(placed.err.hasSuffix("repair it with: martlet drift --repair --app shop --env development\n"), "\(placed.err)")
        let collected = await tool.run("collect", "--older-than", "0", "--env", "development")
        #expect(collected.err.hasSuffix("with: martlet collect --older-than 0 --yes --env development\n"), "\(collected.err)")
        #expect(await tool.run("drift", "--output", "json").err.isEmpty)
        #expect(await tool.run("drift", "--quiet").err.isEmpty)
    }

    @Test func whatIsDoneIsJSONToo() async throws {
        let tool = try Tool(try await gateway())
        let json = await tool.run("detach", Self.db, "--yes", "--output", "json")
        #expect(try JSON.parse(json.out) == ["object": .string("resource " + Self.db), "status": "detached"])
        let yaml = await tool.run("detach", Self.db, "--yes", "--output", "yaml")
        #expect(yaml.out == "- object: resource \(Self.db)\n  status: detached\n", "\(yaml.out)")
    }

    @Test func detachingAsks() async throws {
        let tool = try Tool(try await gateway())
        #expect(await tool.run("detach", Self.db).status == .usage)
        let outcome = await tool.run("detach", Self.db, "--yes", "--reason", "moved")
        #expect(outcome.status == .done && outcome.out.contains("detached"))
        let unknown = await tool.run("detach", "postgres.default#modules.web.externals.bd", "--yes")
        #expect(unknown.status == .notFound && unknown.err.contains("did you mean '\(Self.db)'"))
    }
}
