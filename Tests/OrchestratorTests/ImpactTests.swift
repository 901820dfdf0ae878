import HTTPTypes
import PlatformModel
import Testing

@Suite struct ImpactTests {
    private static let path = "/orgs/acme/resources/defs/"

    @Test func aChangeOfMatchingIsSeenBeforehand() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define("pg-shop", "postgres", driver: "martlet/postgres", values: ["server": "two"])
            try await harness.deployed()
            func resources(_ path: String) async throws -> [JSON] {
                try await harness.must(200, .get, Self.path + path)["resources"]?.array ?? []
            }
            let deleted = try await resources("pg-all/impact")
            #expect(deleted.count == 1 && deleted[0]["env_type"] == "development" && deleted[0]["to_def"] == "")
            #expect(try await resources("pg-shop/impact").isEmpty)
            let added = try await resources("pg-shop/impact?app_id=shop&env_type=development")
            #expect(added.first?["from_def"] == "pg-all" && added.first?["to_def"] == "pg-shop")
            #expect(added.first?["reason"]?.string?.contains("more specific than 'pg-all' because of app_id") == true)
            #expect(try await resources("pg-shop/impact?app_id=other").isEmpty)
            let answer = try await harness.must(200, .get, Self.path + "pg-shop/impact?app_id=shop")
            #expect(answer["change"] == "criterion app_id=shop is added to 'pg-shop'")
        }
    }

    @Test func aCriterionInUseIsKeptUnlessForced() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            let definition = try await harness.must(200, .get, Self.path + "pg-all")
            let id = try #require(definition["criteria"]?[0]?["id"]?.string)
            let asked = try await harness.must(200, .get, Self.path + "pg-all/impact?criteria_id=\(id)")
            let refused = try await harness.call(.delete, Self.path + "pg-all/criteria/\(id)")
            #expect(refused.status == 409 && refused.body["details"]?["resources"] == asked["resources"])
            #expect(asked["resources"]?[0]?["res_id"] == "modules.web.externals.db")
            try await harness.must(204, .delete, Self.path + "pg-all/criteria/\(id)?force=true")
            #expect(try await harness.must(200, .get, Self.path + "pg-all")["criteria"] == [])
        }
    }

    @Test func whatCannotBeAskedIsRefused() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let unknown = try await harness.call(.get, Self.path + "pg-all/impact?env_tpye=x")
            #expect(unknown.status == 422 && unknown.message.contains("did you mean 'env_type'?"))
            #expect(try await harness.call(.get, Self.path + "pg-all/impact?criteria_id=x&app_id=y").status == 400)
            #expect(try await harness.call(.get, Self.path + "pg-all/impact?criteria_id=none").status == 404)
            #expect(try await harness.call(.get, Self.path + "nothing/impact").status == 404)
            #expect(try await harness.call(.get, Self.path + "pg-all/impact", as: People.viewer()).status == 403)
        }
    }
}
