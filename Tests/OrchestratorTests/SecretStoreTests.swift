import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct SecretStoreTests {
    private static let stores = "/orgs/acme/secretstores", app = "/orgs/acme/apps/shop"
    private static let vault: JSON = [
        "id": "vault", "primary": false,
        "vault": ["url": "https://vault.example:8200", "path": "secret", "auth": ["token": "hvs.x"]],
    ]

    @Test func aStoreIsCreatedShownChangedAndDeleted() async throws {
        try await Harness.with { harness in
            let first = try await harness.must(200, .get, Self.stores).array ?? []
            #expect(
                first.count == 1 && first[0]["id"] == "built-in" && first[0]["primary"] == true && first[0]["humanitec"] == [:])
            let made = try await harness.must(201, .post, Self.stores, Self.vault)
            #expect(made["vault"]?["url"] == "https://vault.example:8200" && made["vault"]?["auth"] == nil)
            #expect(made["primary"] == false && made["created_by"] == "user:ann")
            #expect(try await harness.call(.post, Self.stores, Self.vault).status == 409)
            #expect(try await harness.must(200, .get, Self.stores + "/vault")["id"] == "vault")
            try await harness.must(200, .patch, Self.stores + "/vault", ["vault": ["path": "kv"]])
            #expect(try await harness.must(200, .post, Self.stores + "/vault/actions/check")["steps"]?[0]?["ok"] == true)
            try await harness.must(204, .delete, Self.stores + "/vault")
            for method in [HTTPRequest.Method.get, .delete] { try await harness.must(404, method, Self.stores + "/vault") }
            try await harness.must(404, .patch, Self.stores + "/vault", ["vault": [:]])
            try await harness.must(409, .delete, Self.stores + "/built-in")
        }
    }

    @Test(
        arguments: [
            (#"{"primary": false, "vault": {}}"#, "id"), (#"{"id": "a-b", "primary": false}"#, "vault"),
            (#"{"id": "", "primary": false, "vault": {}}"#, "id"), (#"{"id": "../x", "primary": false, "vault": {}}"#, "id"),
            (#"{"id": "a-b", "primary": false, "awssm": {"region": "x"}}"#, "awssm"),
            (#"{"id": "a-b", "primary": true, "vault": {}}"#, "primary"),
            (#"{"id": "a-b", "primary": false, "vault": {"url": "http://no"}}"#, "vault.url"),
        ])
    func whatIsNoStoreIsRefused(_ body: String, _ names: String) async throws {
        try await Harness.with { harness in
            let answer = try await harness.call(.post, Self.stores, try JSON.parse(body))
            #expect(answer.status == 400 && answer.message.contains(names), "\(answer)")
        }
    }

    @Test func onlyAdministratorsChangeStores() async throws {
        try await Harness.with { harness in
            var member = People.administrator
            member.orgRole = .manager
            #expect(try await harness.call(.post, Self.stores, Self.vault, as: member).status == 403)
            try await harness.must(200, .get, Self.stores, as: member)
        }
    }

    /// T40: what an application may not use is refused when it is written; and the grants say who wrote what, for when it is read.
    @Test func referencesAreAskedAboutAndMarked() async throws {
        try await Harness.with { harness in
            try await harness.must(201, .post, Self.stores, Self.vault)
            try await harness.define(
                "pg-all", "postgres", driver: "martlet/postgres",
                values: ["server": "one"], secrets: ["password": "${values.KEY}"], criteria: [[:]])
            for references: JSON in [
                ["a": ["store": "built-in", "ref": "orgs/acme/apps/other/values/A/1"]],
                ["a": ["store": "built-in", "ref": "orgs/globex/definitions/x/1/a"]],
                ["a": ["store": "built-in", "ref": "orgs/acme/definitions/../apps/a/values/b"]],
                ["a": ["store": "nowhere", "ref": "x"]],
            ] {
                let refused = try await harness.call(
                    .patch, "/orgs/acme/resources/defs/pg-all", ["driver_inputs": ["secret_refs": references]])
                #expect(refused.status == 400 && refused.message.contains("driver_inputs.secret_refs.a"), "\(refused)")
            }
            let platform: JSON = ["store": "vault", "ref": "platform/${context.env.type}/pg#admin"]
            try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/pg-all",
                [
                    "driver_inputs": [
                        "values": ["server": "one"], "secret_refs": ["admin": platform, "password": ["value": "${values.KEY}"]],
                    ]
                ])
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            let theirs: JSON = ["key": "KEY", "description": "", "secret_ref": ["store": "vault", "ref": "apps/other/key"]]
            let refused = try await harness.call(.post, Self.app + "/values", theirs)
            #expect(refused.status == 400 && refused.message.contains("may not be used"), "\(refused)")
            let own: JSON = ["store": "vault", "ref": "apps/shop/key", "version": "3"]
            let made = try await harness.must(
                201, .post, Self.app + "/values", ["key": "KEY", "description": "", "secret_ref": own])
            #expect(made["secret_store_id"] == "vault" && made["secret_key"] == "apps/shop/key" && made["secret_version"] == "3")
            try await harness.must(201, .post, Self.app + "/values", ["key": "LEVEL", "value": "x", "description": ""])
            try await harness.deployed(
                """
                apiVersion: score.dev/v1b1
                metadata: {name: web}
                containers:
                  main: {image: registry.example/web:1, variables: {KEY: "${resources.env.KEY}", H: "${resources.db.host}"}}
                resources: {env: {type: environment}, db: {type: postgres}}
                """)
            let order = try #require(harness.runner.orders.first { $0.words == "provision postgres" })
            let grant = try #require(harness.broker.current.given[order.request.grant])
            #expect(grant.place == SecretPlace(appID: "shop", envID: "development", envType: "development"))
            #expect(Set(grant.reads.map(\.ref)) == ["apps/shop/key", "platform/development/pg#admin"])
            #expect(grant.valueReads == [SecretReference(store: "vault", ref: "apps/shop/key", version: "3")])
            let standing = try #require(harness.broker.current.given.first { $0.key.hasPrefix("standing.") }?.value)
            #expect(standing.valueReads?.map(\.ref) == ["apps/shop/key"] && standing.place?.envID == "development")

            let used = try await harness.call(.delete, Self.stores + "/vault")
            #expect(used.status == 409, "\(used)")
            let uses = used.body["details"]?["uses"]?.array ?? []
            #expect(
                Set(uses.compactMap { $0["kind"]?.string }) == ["definition", "value", "resource"]
                    && used.message.contains("the definition 'pg-all'") && used.message.contains("the value 'KEY' of shop"),
                "\(used)")
        }
    }

    /// A name that a developer chose is one part of a path, or the deployment ends.
    @Test func aNameThatIsNoPartOfAPathIsRefused() async throws {
        try await Harness.with { harness in
            try await harness.must(201, .post, Self.stores, Self.vault)
            try await harness.must(
                200, .post, "/orgs/acme/resources/defs",
                [
                    "id": "cfg", "name": "cfg", "type": "config", "driver_type": "martlet/echo", "criteria": [[:]],
                    "driver_inputs": ["secret_refs": ["a": ["store": "vault", "ref": "apps/${context.res.id}/x"]]],
                ])
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            let delta: JSON = [
                "shared": [["op": "add", "path": "/..~1..~1platform", "value": ["type": "config", "params": [:]]]]
            ]
            let made = try await harness.must(200, .post, Self.app + "/deltas", delta)
            let id = try await harness.redeploy(["delta_id": made["id"] ?? .null])
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(errors.contains { $0["code"] == "PLAN-108" }, "\(errors)")
        }
    }
}
