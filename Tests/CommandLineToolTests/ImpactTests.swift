import CommandLineTool
import PlatformModel
import Testing

@Suite struct ImpactTests {
    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            let answer: JSON = [
                "change": "criterion 'c1' of 'pg-prod' is deleted",
                "resources": [
                    [
                        "app_id": "shop", "env_id": "prod", "env_type": "production", "type": "postgres", "class": "default",
                        "res_id": "modules.web.externals.db", "from_def": "pg-prod", "to_def": "pg-all",
                        "reason": "matches every resource of class 'default'",
                    ],
                    [
                        "app_id": "shop", "env_id": "dev", "env_type": "development", "type": "postgres", "class": "large",
                        "res_id": "shared.main", "from_def": "pg-prod", "to_def": "", "reason": "no definition matches",
                    ],
                ], "total": 12_345,
            ]
            switch request.line {
            case "GET /orgs/acme/resources/defs/pg-prod/impact?criteria_id=c1",
                "GET /orgs/acme/resources/defs/pg-prod/impact?env_type=production&class=large",
                "GET /orgs/acme/resources/defs/pg-prod/impact":
                return .json(answer)
            default: return nil
            }
        }
    }

    @Test func listsWhatWouldMatchAnew() async throws {
        let tool = try Tool(try await gateway())
        let result = await tool.run("impact", "pg-prod", "--without", "c1")
        #expect(result.status == .done)
        #expect(result.out.contains("postgres.default#modules.web.externals.db") && result.out.contains("pg-all"))
        #expect(result.out.contains("none"))
        #expect(result.err.contains("If criterion 'c1' of 'pg-prod' is deleted:"))
        #expect(result.err.contains("12345 resources in all; the first 2 are listed"))
        #expect(await tool.run("impact", "pg-prod", "--with", "env_type=production,class=large").status == .done)
        #expect(try JSON.parse(await tool.run("impact", "pg-prod", "--output", "json").out)["resources"]?.array?.count == 2)
    }

    @Test func refusesWhatIsNoCriterion() async throws {
        let tool = try Tool(try await gateway())
        #expect(await tool.run("impact", "pg-prod", "--with", "env_tpye=x").err.contains("did you mean 'env_type'?"))
        #expect(await tool.run("impact", "pg-prod", "--with", "production").status == .usage)
        #expect(await tool.run("impact", "pg-prod", "--with", "class=x", "--without", "c1").status == .usage)
    }
}
