import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import Testing

@testable import Orchestrator

@Suite struct DefinitionSecretsTests {
    private static let canary = "canary-4f1d"

    @Test func secretsGoToTheBrokerAndReferencesStay() async throws {
        try await Harness.with { harness in
            try await harness.define(
                "pg-one", "postgres", values: ["host": "db"],
                secrets: ["admin": ["password": .string(Self.canary)], "token/x": .string("\(Self.canary)-2")], criteria: [[:]])
            let kept = harness.broker.current.secrets
            #expect(Set(kept.values) == [.string(Self.canary), .string("\(Self.canary)-2")])
            #expect(kept.keys.allSatisfy { $0.hasPrefix("orgs/acme/definitions/pg-one/") })
            let answer = try await harness.must(200, .get, "/orgs/acme/resources/defs/pg-one")
            let references = try #require(answer["driver_inputs"]?["secret_refs"])
            #expect(references["admin"]?["password"]?["store"] == "built-in" && references["token/x"]?["ref"] != nil)
            #expect(answer["driver_inputs"]?["secrets"] == nil && !answer.canonical.contains(Self.canary))
            // A new name keeps the secrets; new secrets take the place of the old.
            let renamed = try await harness.must(200, .patch, "/orgs/acme/resources/defs/pg-one", ["name": "New"])
            #expect(renamed["driver_inputs"]?["secret_refs"] == references)
            let changed = try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/pg-one",
                ["driver_inputs": ["secrets": ["admin": ["password": .string("\(Self.canary)-3")]]]])
            #expect(changed["driver_inputs"]?["secret_refs"]?["admin"]?["password"] != references["admin"]?["password"])
            #expect(changed["driver_inputs"]?["values"] == ["host": "db"])
            #expect(try await harness.count(Self.rowsWithSecrets) == 0)
        }
    }

    /// The contract lets a reference carry its secret when it is written; a text with placeholders is no secret.
    @Test func aReferenceThatCarriesItsSecretIsOneToo() async throws {
        try await Harness.with { harness in
            let inputs: JSON = [
                "secret_refs": [
                    "plain": ["value": .string(Self.canary)],
                    "made": ["value": "${resources.postgres-instance.outputs.password}"],
                    "there": ["store": "built-in", "ref": "orgs/acme/definitions/other/v/x"],
                ]
            ]
            let answer = try await harness.must(
                200, .post, "/orgs/acme/resources/defs",
                ["id": "pg-one", "name": "x", "type": "postgres", "driver_type": "martlet/echo", "driver_inputs": inputs])
            let references = answer["driver_inputs"]?["secret_refs"]
            #expect(references?["plain"]?["ref"]?.string?.hasPrefix("orgs/acme/definitions/pg-one/") == true)
            #expect(
                references?["made"] == inputs["secret_refs"]?["made"] && references?["there"] == inputs["secret_refs"]?["there"])
            #expect(Array(harness.broker.current.secrets.values) == [.string(Self.canary)])
            let long = String(repeating: "x", count: 300)
            let refused = try await harness.call(
                .patch, "/orgs/acme/resources/defs/pg-one", ["driver_inputs": ["secrets": .object([long: .string(Self.canary)])]])
            #expect(refused.status == 400 && refused.message.contains("driver_inputs.secrets.\(long)"))
            #expect(try await harness.count(Self.rowsWithSecrets) == 0)
        }
    }

    /// `agent_url: ${resources['agent#agent'].outputs.url}` names a secret and is none; what only looks like it is one.
    @Test func placeholdersAmongTheSecretsStay() async throws {
        try await Harness.with { harness in
            let made = "${resources['agent#agent'].outputs.url}", odd = "\(Self.canary)${word"
            try await harness.define(
                "cluster", "k8s-cluster",
                secrets: ["agent_url": .string(made), "password": .string(odd), "key": .string("\(Self.canary)${x}")],
                criteria: [])
            let answer = try await harness.must(200, .get, "/orgs/acme/resources/defs/cluster")
            #expect(answer["driver_inputs"]?["secret_refs"]?["agent_url"] == ["value": .string(made)])
            #expect(Set(harness.broker.current.secrets.values) == [.string(odd), .string("\(Self.canary)${x}")])
            #expect(!answer.canonical.contains(Self.canary))
        }
    }

    @Test func aRefusedDefinitionLeavesNoSecretBehind() async throws {
        try await Harness.with { harness in
            try await harness.define("pg-one", "postgres", criteria: [["app_id": "shop"]])
            let tie = try await harness.call(
                .post, "/orgs/acme/resources/defs",
                [
                    "id": "pg-tie", "name": "x", "type": "postgres", "driver_type": "martlet/echo",
                    "criteria": [["app_id": "shop"]],
                    "driver_inputs": ["secrets": ["password": .string(Self.canary)]],
                ])
            #expect(tie.status == 409 && tie.message.contains("pg-one"))
            for (id, type) in [("pg-one", "postgres"), ("pg-two", "nonsense"), ("X", "postgres")] {
                let answer = try await harness.call(
                    .post, "/orgs/acme/resources/defs",
                    [
                        "id": .string(id), "name": "x", "type": .string(type), "driver_type": "martlet/echo",
                        "driver_inputs": ["secrets": ["password": .string(Self.canary)]],
                    ])
                #expect([400, 409].contains(answer.status) && !answer.message.contains(Self.canary), "\(answer)")
            }
            #expect(harness.broker.current.secrets.isEmpty)
            try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/pg-one", ["driver_inputs": ["secrets": ["password": "x"]]])
            try await harness.must(204, .delete, "/orgs/acme/resources/defs/pg-one")
            #expect(harness.broker.current.secrets.isEmpty, "they go with their definition")
        }
    }

    /// A driver is given the reference in a slot, under a grant that reads it.
    @Test func aDriverIsGivenTheReference() async throws {
        try await Harness.with { harness in
            try await harness.define(
                "pg-one", "postgres", driver: "martlet/postgres", secrets: ["admin": ["password": .string(Self.canary)]],
                criteria: [[:]])
            try await harness.define("site", "route", values: ["host": "shop.example"], criteria: [[:]])
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            try await harness.deployed()
            let order = try #require(harness.runner.orders.first { $0.words == "provision postgres" })
            let work = try #require(order.resource)
            #expect(work.inputs["secrets"] == ["admin": ["password": .null]])
            #expect(work.slots.map(\.pointer) == ["/secrets/admin/password"])
            let grant = try #require(harness.broker.current.given[order.request.grant])
            #expect(grant.reads == work.slots.references && grant.reads.first?.ref.contains("definitions/pg-one/") == true)
            #expect(try await harness.count(Self.rowsWithSecrets) == 0)
        }
    }

    /// Rows of any table of the orchestrator that hold the canary.
    private static let rowsWithSecrets: SQL = """
        SELECT (SELECT count(*) FROM orchestrator.definition_versions t WHERE t::text LIKE '%canary-4f1d%')
             + (SELECT count(*) FROM orchestrator.deployments t WHERE t::text LIKE '%canary-4f1d%')
             + (SELECT count(*) FROM orchestrator.steps t WHERE t::text LIKE '%canary-4f1d%')
             + (SELECT count(*) FROM orchestrator.events t WHERE t::text LIKE '%canary-4f1d%')
             + (SELECT count(*) FROM orchestrator.active_resources t WHERE t::text LIKE '%canary-4f1d%') AS count
        """
}
