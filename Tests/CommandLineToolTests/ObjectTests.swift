import CommandLineTool
import FoundationEssentials
import PlatformModel
import Synchronization
import TestSupport
import Testing

@Suite struct ObjectTests {
    private let apps: JSON = [
        [
            "id": "shop", "name": "The shop", "status": "active", "created_at": "2026-11-20T10:00:00.123Z",
            "envs": [
                ["id": "development", "name": "Development", "type": "development"],
                ["id": "prod", "name": "P", "type": "production"],
            ],
        ],
        [
            "id": "billing", "name": "A name that is far too long for a narrow terminal \u{1b}[31mred", "status": "deleting",
            "created_at": "2026-11-20T11:00:00.000Z", "envs": [],
        ],
    ]

    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { [apps] request in
            switch request.line {
            case "GET /orgs/acme/apps": .json(apps)
            case "GET /orgs/acme/apps/shop": .json(apps[0] ?? .null)
            case "GET /orgs/acme/resources/types":
                .json([["type": "postgres", "name": "PostgreSQL", "category": "database", "use": "direct"]])
            default: nil
            }
        }
    }

    @Test func tablesFitTheTerminal() async throws {
        var tool = try Tool(try await gateway())
        try expectGolden(await tool.run("get", "apps").out, "apps.txt")
        tool.terminal = .init(isInput: true, isOutput: true, isError: true, width: 60)
        let narrow = await tool.run("get", "apps", "--no-color").out
        try expectGolden(narrow, "apps-narrow.txt")
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 60 })
        #expect(await tool.run("get", "apps").out.contains("\u{1b}[32mactive\u{1b}[0m"))
        #expect(!(await tool.run("get", "apps").out.contains("\u{1b}[31m")))
        tool.environment["NO_COLOR"] = "1"
        #expect(!(await tool.run("get", "apps").out.contains("\u{1b}")))
    }

    @Test func otherFormatsGiveTheBody() async throws {
        let tool = try Tool(try await gateway())
        #expect(try JSON.parse(await tool.run("get", "apps", "--output", "json").out) == apps)
        #expect(await tool.run("get", "app", "shop", "--output", "yaml").out.hasPrefix("id: shop\nname: The shop\n"))
        #expect(await tool.run("get", "type", "postgres").out.contains("category: database"))
    }

    @Test func unknownThings() async throws {
        let tool = try Tool(try await gateway())
        let noun = await tool.run("get", "depolys")
        #expect(noun.status == .usage)
        #expect(noun.err.contains("did you mean 'deploys'?"))
        let type = await tool.run("get", "type", "postgers")
        #expect(type.status == .notFound)
        #expect(type.err.contains("did you mean 'postgres'?"))
        let verb = await tool.run("depoly")
        #expect(verb.status == .usage)
        #expect(verb.err.contains("did you mean 'deploy'?"))
        #expect(await tool.run("get").status == .usage)
        #expect(await tool.run("get", "apps", "--outptu", "json").status == .usage)
    }

    @Test(arguments: [
        (401, CommandStatus.denied), (403, .denied), (404, .notFound), (409, .conflict), (412, .conflict), (422, .failed),
        (500, .failed),
        (504, .timeout),
    ]) func statusesBecomeExitCodes(_ status: Int, _ expected: CommandStatus) async throws {
        let gateway = try await ScriptedGateway { _ in
            .error(
                status, "code-\(status)", "what is wrong, with \(Tool.token) in it",
                details: ["field": .string("why \(Tool.token)")])
        }
        let outcome = await (try Tool(gateway)).run("get", "app", "shop")
        #expect(outcome.status == expected)
        #expect(outcome.err.hasPrefix("error: what is wrong, with *** in it (code-\(status))\n  field: why ***\n"))
        #expect(outcome.out.isEmpty)
    }

    @Test func everyProblemIsShown() async throws {
        let problems: JSON = [
            [
                "code": "SCORE-102", "file": "score.yaml", "line": 3, "column": 5, "path": "containers.web.imagee",
                "message": "unknown key",
            ],
            [
                "code": "SCORE-103", "file": "score.yaml", "line": 2, "column": 1, "path": "containers.web.image",
                "message": "is needed",
            ],
        ]
        let gateway = try await ScriptedGateway { _ in
            .error(422, "score_invalid", "two things", details: ["problems": problems])
        }
        let outcome = await (try Tool(gateway)).run("deploy")
        #expect(
            outcome.err == """
                error: two things (score_invalid)
                  score.yaml:3:5: SCORE-102 containers.web.imagee: unknown key
                  score.yaml:2:1: SCORE-103 containers.web.image: is needed

                """)
    }

    @Test func anApplianceThatIsNotThere() async throws {
        var tool = try Tool(try await gateway())
        tool.environment["MARTLET_URL"] = "http://127.0.0.1:1"
        let outcome = await tool.run("get", "apps")
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("http://127.0.0.1:1 cannot be reached"))
    }

    @Test func create() async throws {
        let gateway = try await ScriptedGateway { request in
            switch request.line {
            case "GET /orgs/acme/users":
                .json([["id": "user:1", "name": "ci", "type": "user"], ["id": "service:7", "name": "ci", "type": "service"]])
            case "POST /users/service%3A7/tokens": .json(["token": "mrt_more", "type": "static"])
            case "POST /orgs/acme/tokens": .json(["id": "t1", "token": "mrt_new", "name": "ci"], status: 201)
            case _ where request.method == "POST": .json(request.body ?? .null, status: 201)
            default: nil
            }
        }
        let tool = try Tool(gateway)
        #expect(await tool.run("create", "app", "shop", "--name", "The shop").out == "application shop created\n")
        #expect(gateway.requests.last?.body == ["id": "shop", "name": "The shop"])
        #expect(await tool.run("create", "env-type", "production", "--description", "live").status == .done)
        let token = await tool.run("create", "token", "ci", "--app-role", "shop=developer", "--deploy-to", "development")
        #expect(token.out == "mrt_new\n")
        #expect(
            gateway.requests.last?.body
                == ["name": "ci", "app_roles": ["shop": "developer"], "env_type_roles": ["development": "deployer"]])
        let more = await tool.run(
            "create", "token", "ci", "--id", "second", "--scope", "apps/shop=viewer", "--scope", "org=member")
        #expect(more.out == "mrt_more\n")
        #expect(
            gateway.requests.last?.body == [
                "id": "second", "type": "static", "description": "",
                "scopes": ["/orgs/acme/apps/shop": "viewer", "/orgs/acme": "member"],
            ])
        #expect(await tool.run("create", "token", "ci", "--scope", "org=member").status == .usage)
        #expect(await tool.run("create", "token", "ci", "--id", "x", "--org-role", "member").status == .usage)
        #expect(await tool.run("create", "token", "nobody", "--id", "x").status == .notFound)
        let role = await tool.run("create", "token", "ci", "--org-role", "administrater")
        #expect(role.status == .usage)
        #expect(role.err.contains("did you mean 'administrator'?"))
    }

    @Test func deleteShowsAsksAndWaits() async throws {
        let gateway = try await ScriptedGateway { [apps] request in
            switch request.line {
            case "GET /orgs/acme/apps/shop": .json(apps[0] ?? .null)
            case _ where request.line.hasSuffix("/resources"):
                .json([["type": "postgres", "class": "default", "res_id": "modules.web.externals.db"]])
            case _ where request.method == "DELETE": Self.deleted
            default: nil
            }
        }
        var tool = try Tool(gateway)
        let silent = await tool.run("delete", "app", "shop")
        #expect(silent.status == .usage)
        #expect(silent.err.contains("  environment prod (production)\n    resource postgres.default#modules.web.externals.db\n"))
        tool.terminal = .init(isInput: true, isOutput: false, isError: false)
        tool.input = "n\n"
        #expect(await tool.run("delete", "app", "shop").status == .failed)
        #expect(!gateway.requests.contains { $0.method == "DELETE" })
        #expect(await tool.run("delete", "app", "nowhere", "--yes").status == .notFound)
        tool.input = "y\n"
        #expect(await tool.run("delete", "app", "shop", "--no-wait").out == "app shop deleting\n")
        let resource = await tool.run("delete", "resource", "postgres.default#modules.web.externals.db", "--yes", "--no-wait")
        #expect(resource.status == .done)
        #expect(
            gateway.lines.last
                == "DELETE /orgs/acme/apps/shop/envs/development/resources/postgres.default/modules.web.externals.db")
    }

    private static let deleted = ScriptedGateway.Answer(status: 202, body: "")

    @Test func deletionIsWaitedFor() async throws {
        let looks = Mutex(0)
        let gateway = try await ScriptedGateway { request in
            switch request.line {
            case "DELETE /orgs/acme/apps/shop/envs/development": return Self.deleted
            case "GET /orgs/acme/apps/shop/envs/development/resources":
                let left: JSON = ["type": "postgres", "class": "default", "res_id": "shared.db"]
                return .json(looks.withLock { $0 } < 3 ? [left] : [])
            case "GET /orgs/acme/apps/shop/envs/development":
                // The preview, and three looks until it is gone.
                guard
                    looks.withLock({
                        $0 += 1; return $0 < 4
                    })
                else { return nil }
                return .json(["id": "development", "type": "development", "status": "deleting", "status_message": "removing web"])
            default: return nil
            }
        }
        let outcome = await (try Tool(gateway)).run("delete", "env", "development", "--yes")
        #expect(outcome.status == .done)
        #expect(outcome.out == "env development deleted\n")
        #expect(
            outcome.err
                == "environment development (development)\n  resource postgres.default#shared.db\nremoving web\n"
                + "resource postgres.default#shared.db deleted\n")
    }
}
