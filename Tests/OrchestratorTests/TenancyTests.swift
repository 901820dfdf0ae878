import AccessControl
import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct TenancyTests {
    @Test func theSameIdsInTwoOrganisationsAreStrangers() async throws {
        try await Harness.with { harness in
            try await harness.createOrganization("evil", by: People.stranger)
            try await harness.createShop()
            let id = try await harness.deployed()
            let eve = People.stranger
            try await harness.must(201, .post, "/orgs/evil/apps", ["id": "shop", "name": "Theirs"], as: eve)
            #expect(try await harness.must(200, .get, "/orgs/evil/apps/shop", as: eve)["name"] == "Theirs")
            #expect(try await harness.must(200, .get, "/orgs/evil/resources/defs", as: eve) == [])
            #expect(try await harness.must(200, .get, "/orgs", as: eve).array?.compactMap { $0["id"]?.string } == ["evil"])
            let theirs = "/orgs/evil/apps/shop/envs/development"
            #expect(try await harness.must(200, .get, theirs + "/deploys", as: eve) == [])
            #expect(try await harness.must(200, .get, theirs + "/resources", as: eve) == [])
            // Ids of the other organisation under their own path.
            try await harness.must(404, .get, theirs + "/deploys/\(id)", as: eve)
            try await harness.must(404, .get, "/orgs/evil/resources/defs/pg-all", as: eve)
            try await harness.must(404, .put, theirs + "/from_deploy_id", .string(id), as: eve)
            try await harness.must(404, .post, theirs + "/deploys", ["delta_id": .string(id)], as: eve)
        }
    }

    /// Every route about an organisation, with ids that are there and with ids that are not: the same answer to a stranger.
    @Test func aStrangerGets404OnEveryRouteInTheSameWords() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let id = try await harness.deployed()
            try await harness.must(
                200, .post, "/orgs/acme/resources/drivers",
                ["id": "boxes", "type": "config", "target": "https://x.example/", "inputs_schema": [:], "account_types": []])
            let ids = [
                "orgId": "acme", "appId": "shop", "envId": "development", "envTypeId": "development", "defId": "pg-all",
                "deployId": id, "planId": "x", "deltaId": "x", "setId": "0", "sourceSetId": "0", "criteriaId": "x",
                "driverId": "boxes",
                "type": "postgres",
                "resId": "modules.web.externals.db",
            ]
            for route in PublicRoutes.routes where route.pattern.contains("{orgId}") {
                var answers: Set<String> = []
                for ids in [ids, ids.mapValues { _ in "nothing" }] {
                    let path = ids.reduce(route.pattern) { $0.replacing("{\($1.key)}", with: $1.value) }
                    let method = try #require(HTTPRequest.Method(rawValue: route.method))
                    let answer = try await harness.call(method, path, route.bodyLimit > 0 ? ["odd": 1] : nil, as: People.stranger)
                    #expect(answer.status == 404, "\(route.method) \(path)")
                    answers.insert(answer.body.canonical)
                }
                #expect(answers.count == 1, "\(route.method) \(route.pattern): \(answers)")
            }
        }
    }

    @Test func aListShowsWhatItsReaderMaySee() async throws {
        try await Harness.with { harness in
            for id in ["shop", "other"] {
                try await harness.must(201, .post, "/orgs/acme/apps", ["id": .string(id), "name": "x"])
            }
            let dev = People.developer()
            #expect(
                try await harness.must(200, .get, "/orgs/acme/apps", as: dev).array?.compactMap { $0["id"]?.string } == ["shop"])
            try await harness.must(200, .get, "/orgs/acme/apps/shop", as: dev)
            try await harness.must(404, .get, "/orgs/acme/apps/other", as: dev)
            try await harness.must(404, .get, "/orgs/acme/apps/other/envs/development/deploys", as: dev)
        }
    }

    @Test func deployingTakesTheRoleOnTheEnvironmentsType() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let deploys = Harness.environment + "/deploys", score = Harness.environment + "/score-deploys"
            let powerless = People.developer(deployer: ["production"])
            let requests: [(String, JSON)] = [(deploys, [:]), (score, Harness.body(Harness.score)), (score, ["odd": 1])]
            for (path, body) in requests {
                let refused = try await harness.call(.post, path, body, as: powerless)
                #expect(refused.status == 403 && refused.message.contains("development"), "\(path) \(refused)")
                #expect(try await harness.call(.post, path, body, as: People.viewer()).status == 403)
            }
            // Whoever may not see the application does not learn that the environment is there.
            try await harness.must(404, .post, deploys, [:], as: People.developer(of: "other"))
            try await harness.must(404, .post, "/orgs/acme/apps/shop/envs/nope/deploys", [:], as: People.developer())
            try await harness.must(403, .delete, Harness.environment, as: powerless)
            try await harness.must(403, .put, Harness.environment + "/from_deploy_id", "x", as: powerless)
            try await harness.must(403, .post, "/orgs/acme/apps/shop/envs", ["id": "more", "name": "More"], as: powerless)
            try await harness.must(403, .post, "/orgs/acme/env-types", ["id": "x1"], as: powerless)
            #expect(try await harness.must(200, .get, deploys, as: powerless) == [])
            try await harness.mustSucceed(try await harness.deploy(as: People.developer()))
        }
    }

    /// The owner of an application deletes it only where they may deploy: its environments go with it.
    @Test func deletingAnApplicationTakesTheRoleOnEachOfItsEnvironments() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            var owner = People.developer(deployer: [])
            owner.appRoles = ["shop": .owner]
            try await harness.must(403, .delete, "/orgs/acme/apps/shop", as: owner)
            owner.envTypeRoles = ["development": .deployer]
            try await harness.must(204, .delete, "/orgs/acme/apps/shop", as: owner)
        }
    }

    /// A role that is taken away while a deployment waits ends it at its next step.
    @Test func everyStepAsksForThePresentRoles() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let dev = People.developer()
            let gate = harness.runner.holds()
            let id = try await harness.deploy(as: dev)
            try await eventually("two orders") { harness.runner.orders.count >= 2 }
            harness.know(People.developer(deployer: []))
            gate.open()
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(
                errors.map { $0["code"]?.string } == ["ACC-001"] && errors.first?["message"]?.string?.contains("Dev") == true,
                "\(errors)")
            #expect(!harness.runner.words.contains("deploy web"))
        }
    }

    /// T30: what waits behind another deployment does nothing once its people's right is gone.
    @Test func aQueuedDeploymentDoesNothingWithoutItsRight() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds()
            let first = try await harness.deploy()
            try await eventually("an order") { !harness.runner.orders.isEmpty }
            let queued = try await harness.deploy(as: People.developer())
            let waiting = try await harness.must(200, .get, "\(Harness.environment)/deploys/\(queued)")
            #expect(waiting["status"] == "pending" && waiting["queue_position"] == 1, "\(waiting)")
            harness.know(People.developer(deployer: []))
            gate.open()
            #expect(try await harness.ended(first)["status"] == "succeeded")
            #expect(try await harness.ended(queued)["status"] == "failed")
            #expect(try await harness.errors(of: queued).map { $0["code"] } == ["ACC-001"])
            #expect(harness.runner.orders.allSatisfy { $0.key.deploymentID == first }, "\(harness.runner.orders.map(\.key))")
        }
    }
}
