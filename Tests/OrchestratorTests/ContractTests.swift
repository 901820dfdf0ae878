import AccessControl
import HTTPTypes
import PlatformModel
import TestSupport
import Testing

@testable import Orchestrator

/// Every operation of the contract that is implemented, with its codes. What the answers look like is judged by `Harness.call`
/// against the published contract, where that is there.
@Suite struct ContractTests {
    @Test func organizationsTypesAndApplications() async throws {
        try await Harness.with { harness in
            #expect(try await harness.must(200, .get, "/orgs")[0]?["id"] == "acme")
            #expect(try await harness.must(200, .get, "/orgs/acme")["id"] == "acme")
            // As in the reference, an organisation begins with one environment type.
            #expect(
                try await harness.must(200, .get, "/orgs/acme/env-types").array?.compactMap { $0["id"]?.string } == [
                    "development"
                ])
            let type: JSON = ["id": "production", "description": "Customers"]
            #expect(try await harness.must(201, .post, "/orgs/acme/env-types", type) == type)
            #expect(try await harness.call(.post, "/orgs/acme/env-types", type).status == 409)
            #expect(try await harness.must(200, .get, "/orgs/acme/env-types/production") == type)
            try await harness.must(204, .delete, "/orgs/acme/env-types/production")
            try await harness.must(404, .get, "/orgs/acme/env-types/production")
            try await harness.must(404, .delete, "/orgs/acme/env-types/production")

            let app = try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            #expect(app["org_id"] == "acme" && app["created_by"] == "user:ann")
            #expect(app["envs"] == [["id": "development", "name": "Development", "type": "development"]])
            #expect(try await harness.call(.post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"]).status == 409)
            let bare = try await harness.must(
                201, .post, "/orgs/acme/apps", ["id": "bare", "name": "Bare", "skip_environment_creation": true])
            #expect(bare["envs"] == [])
            #expect(try await harness.must(200, .get, "/orgs/acme/apps").array?.count == 2)
            #expect(try await harness.must(200, .get, "/orgs/acme/apps/shop") == app)
            let inUse = try await harness.call(.delete, "/orgs/acme/env-types/development")
            #expect(
                inUse.status == 409 && inUse.body["details"]?["environments"] == [["app_id": "shop", "env_id": "development"]])
            try await harness.must(204, .delete, "/orgs/acme/apps/bare")
            try await harness.must(404, .get, "/orgs/acme/apps/bare")
        }
    }

    @Test func environments() async throws {
        try await Harness.with { harness in
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            let made = try await harness.must(
                201, .post, "/orgs/acme/apps/shop/envs", ["id": "test", "name": "Test", "type": "development"])
            #expect(made["type"] == "development" && made["from_deploy"] == nil)
            #expect(try await harness.must(200, .get, "/orgs/acme/apps/shop/envs/test") == made)
            #expect(try await harness.must(200, .get, "/orgs/acme/apps/shop/envs").array?.count == 2)
            let again: JSON = ["id": "test", "name": "Test", "type": "development"]
            #expect(try await harness.call(.post, "/orgs/acme/apps/shop/envs", again).status == 409)
            let noType = try await harness.call(.post, "/orgs/acme/apps/shop/envs", ["id": "x1", "name": "X", "type": "moon"])
            #expect(noType.status == 400 && noType.message.contains("moon"))
            let badID = try await harness.call(.post, "/orgs/acme/apps/shop/envs", ["id": "X_1", "name": "X"])
            #expect(badID.status == 400 && badID.message.contains("X_1"))
            let noName = try await harness.call(.post, "/orgs/acme/apps/shop/envs", ["id": "x1"])
            #expect(noName.status == 400 && noName.message.contains("name"))
            try await harness.must(404, .get, "/orgs/acme/apps/nope/envs")
            // Nothing was ever deployed there, so it goes at once.
            try await harness.must(204, .delete, "/orgs/acme/apps/shop/envs/test")
            try await harness.must(404, .get, "/orgs/acme/apps/shop/envs/test")
        }
    }

    @Test func classesOfResourceTypes() async throws {
        try await Harness.with { harness in
            let all = "/orgs/acme/resources/classes", postgres = "/orgs/acme/resources/types/postgres/classes"
            #expect(try await harness.must(200, .get, all) == [])
            let made = try await harness.must(200, .post, postgres, ["id": "large", "description": "For whoever has much data"])
            #expect(made["resource_type"] == "postgres" && made["created_by"]?.string?.isEmpty == false)
            try await harness.must(409, .post, postgres, ["id": "large", "description": ""])
            let wrong = try await harness.call(
                .post, postgres, ["id": "Large-", "description": .string(String(repeating: "é", count: 1025))])
            #expect(wrong.status == 400)
            #expect(wrong.body["details"]?["problems"]?.array?.map { $0["path"] } == ["id", "description"])
            try await harness.must(
                404, .post, "/orgs/acme/resources/types/postgress/classes", ["id": "large", "description": ""])
            #expect(try await harness.must(200, .get, postgres + "/large") == made)
            let changed = try await harness.must(200, .patch, postgres + "/large", ["description": ""])
            #expect(changed["description"] == "" && changed["created_at"] == made["created_at"])
            try await harness.must(404, .get, postgres + "/small")
            try await harness.must(404, .patch, postgres + "/small", ["description": ""])
            // Those of a type of one's own go with it.
            let queue = "/orgs/acme/resources/types/acme%2Fqueue"
            try await harness.must(200, .post, "/orgs/acme/resources/types", ["type": "acme/queue", "use": "direct"])
            try await harness.must(200, .post, queue + "/classes", ["id": "fast", "description": "d"])
            #expect(try await harness.must(200, .get, all).array?.map { $0["id"] } == ["fast", "large"])
            try await harness.must(204, .delete, queue)
            try await harness.must(404, .get, queue + "/classes/fast")
            try await harness.must(204, .delete, postgres + "/large")
            try await harness.must(404, .delete, postgres + "/large")
            #expect(try await harness.must(200, .get, all) == [])
        }
    }

    @Test func resourceTypesAndDefinitions() async throws {
        try await Harness.with { harness in
            #expect(
                try await harness.must(200, .get, "/orgs/acme/resources/types").array?.contains { $0["type"] == "postgres" }
                    == true)
            let own: JSON = ["type": "acme/queue", "use": "direct", "name": "Queue", "category": "messaging"]
            #expect(try await harness.must(200, .post, "/orgs/acme/resources/types", own)["type"] == "acme/queue")
            #expect(try await harness.call(.post, "/orgs/acme/resources/types", own).status == 409)
            #expect(
                try await harness.call(.post, "/orgs/acme/resources/types", ["type": "queue", "use": "direct"]).status == 400)
            #expect(
                try await harness.call(.post, "/orgs/acme/resources/types", ["type": "acme/x-y", "use": "odd"]).status == 400)

            let queue = "/orgs/acme/resources/types/acme%2Fqueue"
            let patched = try await harness.must(
                200, .patch, queue, ["category": "queues", "outputs_schema": ["values": ["type": "object"]]])
            #expect(patched["category"] == "queues" && patched["name"] == "Queue" && patched["use"] == "direct")
            let replaced = try await harness.must(200, .put, queue, ["use": "indirect"])
            #expect(replaced["outputs_schema"] == [:] && replaced["use"] == "indirect" && replaced["category"] == "")
            #expect(try await harness.call(.put, queue, ["name": "Queue"]).message.contains("use"))
            let wrong = try await harness.call(
                .patch, queue,
                ["use": "drect", "inputs_schema": ["values": ["type": "objekt"]], "outputs_schema": ["type": "objekt"]])
            #expect(
                wrong.body["details"]?["problems"]?.array?.map { $0["path"] } == [
                    "use", "inputs_schema.values.type", "outputs_schema.type",
                ])
            try await harness.define("queue-one", "acme/queue")
            let inUse = try await harness.call(.delete, queue)
            #expect(inUse.status == 409 && inUse.body["details"]?["definitions"] == ["queue-one"])
            try await harness.must(204, .delete, "/orgs/acme/resources/defs/queue-one")
            try await harness.must(204, .delete, queue)
            try await harness.must(404, .delete, queue)
            try await harness.must(404, .patch, queue, ["use": "direct"])
            try await harness.must(403, .delete, "/orgs/acme/resources/types/postgres")
            try await harness.must(403, .patch, "/orgs/acme/resources/types/postgres", ["use": "direct"])

            try await harness.define("pg-one", "postgres", values: ["a": 1], criteria: [["app_id": "shop"]])
            let path = "/orgs/acme/resources/defs/pg-one"
            let first = try await harness.must(200, .get, path)
            #expect(first["driver_inputs"]?["values"] == ["a": 1] && first["criteria"]?[0]?["app_id"] == "shop")
            #expect(try await harness.must(200, .get, "/orgs/acme/resources/defs?res_type=postgres").array?.count == 1)
            #expect(try await harness.must(200, .get, "/orgs/acme/resources/defs?res_type=redis") == [])
            for (filter, count) in [
                ("app=shop", 1), ("app=other", 0), ("env_type=any", 1), ("class=large", 0), ("class=default&env=x", 1),
            ] {
                let listed = try await harness.must(200, .get, "/orgs/acme/resources/defs?\(filter)")
                #expect(listed.array?.count == count, "\(filter)")
            }
            let unknown = try await harness.call(
                .post, "/orgs/acme/resources/defs",
                ["id": "bad-one", "name": "Bad", "type": "postgress", "driver_type": "martlet/echo"])
            #expect(unknown.status == 400 && unknown.message.contains("did you mean 'postgres'"))
            let put = try await harness.must(
                200, .put, path, ["name": "Renamed", "driver_type": "martlet/echo", "driver_inputs": ["values": ["b": 2]]])
            #expect(put["driver_inputs"]?["values"] == ["b": 2] && put["active_version_id"] != first["active_version_id"])
            let patch = try await harness.must(200, .patch, path, ["name": "Again"])
            #expect(patch["name"] == "Again" && patch["driver_inputs"]?["values"] == ["b": 2])
            #expect(patch["criteria"] == first["criteria"])
            try await criteria(harness, path)
            try await harness.must(204, .delete, path)
            try await harness.must(404, .get, path)
        }
    }

    private func criteria(_ harness: Harness, _ path: String) async throws {
        let added = try await harness.must(200, .post, path + "/criteria", ["env_type": "development"])
        let id = try #require(added["id"]?.string)
        #expect(added["class"] == "default")
        // The same criterion twice would tie.
        #expect(try await harness.call(.post, path + "/criteria", ["env_type": "development"]).status == 409)
        try await harness.define("pg-two", "postgres")
        let tie = try await harness.call(.post, "/orgs/acme/resources/defs/pg-two/criteria", ["env_type": "development"])
        #expect(tie.status == 409 && tie.message.contains("pg-one"))
        let replaced = try await harness.must(200, .put, path + "/criteria", [["env_type": "development"], ["res_id": "x"]])
        #expect(
            replaced.array?.count == 2 && replaced.array?.contains { $0["id"]?.string == id } == true, "what stays keeps its id")
        try await harness.must(204, .delete, path + "/criteria/\(id)")
        try await harness.must(404, .delete, path + "/criteria/\(id)")
        #expect(try await harness.must(200, .get, path)["criteria"]?.array?.count == 1)
    }

    @Test func deltasAndSets() async throws {
        try await Harness.with { harness in
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            let app = "/orgs/acme/apps/shop"
            let add: JSON = [
                "metadata": ["env_id": "development", "name": "first"],
                "modules": ["add": ["web": ["profile": "humanitec/default-module", "spec": ["replicas": 1]]]],
            ]
            let delta = try await harness.must(200, .post, app + "/deltas", add)
            let id = try #require(delta["id"]?.string)
            #expect(delta["metadata"]?["created_by"] == "user:ann")
            #expect(try await harness.must(200, .get, app + "/deltas/\(id)") == delta)
            #expect(try await harness.must(200, .get, app + "/deltas?env=development").array?.count == 1)
            #expect(try await harness.must(200, .get, app + "/deltas?env=production") == [])
            let update: JSON = [["modules": ["update": ["web": [["op": "replace", "path": "/spec/replicas", "value": 2]]]]]]
            let patched = try await harness.must(200, .patch, app + "/deltas/\(id)", update)
            #expect(patched["modules"]?["update"]?["web"]?.array?.count == 1)
            try await harness.must(404, .get, app + "/deltas/nope")

            let set = try await harness.must(200, .post, app + "/sets/0", add)
            let setID = try #require(set.string)
            #expect(setID == (try await harness.must(200, .post, app + "/sets/0", add)).string, "equal content, equal id")
            #expect(try await harness.must(200, .get, app + "/sets/\(setID)")["modules"]?["web"]?["spec"] == ["replicas": 1])
            #expect(try await harness.must(200, .get, app + "/sets").array?.count == 1)
            let diff = try await harness.must(200, .get, app + "/sets/\(setID)/diff/0")
            #expect(diff["modules"]?["add"]?["web"] != nil)
            #expect(try await harness.must(200, .get, app + "/sets/\(setID)?diff=0") == diff)
            try await harness.must(404, .get, app + "/sets/nope")
            let wrong: JSON = ["modules": ["update": ["wbe": [["op": "replace", "path": "/spec/replicas", "value": 2]]]]]
            let refused = try await harness.call(.post, app + "/sets/\(setID)", wrong)
            #expect(refused.status == 400 && refused.message.contains("DELTA-101") && refused.message.contains("'web'"))
        }
    }

    @Test(
        arguments: [
            (.post, "/orgs/acme/apps", #"{"id": 7, "name": "x"}"#, "id"), (.post, "/orgs/acme/apps", "[]", ""),
            (.post, "/orgs/acme/apps", #"{"id": "no_way", "name": "x"}"#, "no_way"),
            (.post, "/orgs/acme/apps", #"{"id": "ok-one", "name": "a\u0000b"}"#, "NUL"),
            (.post, "/orgs/acme/env-types", #"{"description": "x"}"#, "id"),
            (.post, "/orgs/acme/resources/defs", #"{"id": "x-y-z", "name": "x", "type": "postgres"}"#, "driver_type"),
        ] as [(HTTPRequest.Method, String, String, String)])
    func whatCannotBeReadIsRefusedByItsField(
        _ method: HTTPRequest.Method, _ path: String, _ body: String, _ names: String
    ) async throws {
        try await Harness.with { harness in
            let answer = try await harness.call(method, path, try JSON.parse(body))
            #expect(answer.status == 400 && answer.error == "bad_request" && answer.message.contains(names), "\(answer)")
        }
    }

    /// Without this a renamed path would be judged by nothing.
    @Test(.enabled(if: Contract.published != nil)) func everyRouteIsTheContractsOrKnownAsOurs() {
        let ours = [
            "/actions/cancel", "/secretstores/{storeId}/actions/check", "/actions/resume", "/cancel", "/collection",
            "/collections", "/deletions",
            "/deletions/{deletionId}/cancel", "/drift", "/interventions", "/limits", "/drift-reports",
            "/drift-reports/{reportId}", "/explain", "/graph", "/impact", "/plans", "/plans/{planId}", "/retry",
            "/rollouts", "/rollouts/{rolloutId}", "/score-deploys", "/steps",
        ]
        for route in PublicRoutes.routes {
            let isOurs = route.pattern.hasPrefix("/appliance/") || ours.contains { route.pattern.hasSuffix($0) }
            #expect(
                (Contract.published?.operation(route.method, route.pattern) == nil) == isOurs, "\(route.method) \(route.pattern)")
        }
    }

    @Test func anUnknownFieldOfTheContractIsIgnored() async throws {
        try await Harness.with { harness in
            let app = try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop", "colour": "red"])
            #expect(app["colour"] == nil)
        }
    }
}
