import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// Drivers that an organisation registers, and the definitions that name them.
@Suite struct DriverTests {
    private static let drivers = "/orgs/acme/resources/drivers"
    private static let schema: JSON = [
        "properties": [
            "values": ["required": ["size"], "properties": ["size": ["type": "integer"]], "additionalProperties": false],
            "secrets": ["required": ["key"], "properties": ["key": ["type": "string", "minLength": 8]]],
        ]
    ]

    private static func driver(
        _ id: String, target: String = "https://drivers.example.com/x/", type: String = "config", schema: JSON = [:],
        template: String? = nil
    ) -> JSON {
        var body: JSON = [
            "id": .string(id), "type": .string(type), "target": .string(target), "inputs_schema": schema,
            "account_types": ["aws"],
        ]
        if let template { body["template"] = .string(template) }
        return body
    }

    @Test func registration() async throws {
        try await Harness.with { harness in
            let made = try await harness.must(200, .post, Self.drivers, Self.driver("boxes", schema: Self.schema))
            #expect(made["org_id"] == "acme" && made["target"] == "https://drivers.example.com/x/")
            #expect(try await harness.must(200, .get, Self.drivers) == [made])
            #expect(try await harness.must(200, .get, Self.drivers + "/boxes") == made)
            #expect(try await harness.call(.post, Self.drivers, Self.driver("boxes")).status == 409)
            var change = Self.driver("boxes", target: "https://drivers.example.com/y")
            change["id"] = nil
            #expect(try await harness.must(200, .put, Self.drivers + "/boxes", change)["inputs_schema"] == [:])
            try await harness.must(404, .put, Self.drivers + "/none", change)
            try await harness.must(404, .get, Self.drivers + "/none")
            try await harness.must(204, .delete, Self.drivers + "/boxes")
            try await harness.must(404, .delete, Self.drivers + "/boxes")
        }
    }

    @Test func whatCannotBeRegisteredIsToldAtOnce() async throws {
        try await Harness.with { harness in
            let answer = try await harness.call(
                .post, Self.drivers,
                Self.driver("B_", target: "http+unix://%2Frun%2Fx/", type: "confg", schema: ["type": "objekt"], template: "{{ .x")
            )
            #expect(answer.status == 400)
            #expect(
                answer.body["details"]?["problems"]?.array?.map { $0["path"] } == [
                    "id", "type", "inputs_schema.type", "target", "template",
                ])
            for (target, words) in [
                ("driver://acme/none", "no driver 'none'"), ("driver://globex/boxes", "another organisation"),
                ("driver://acme/loop", "lead to itself"), ("driver://x", "driver://{organization}"),
            ] {
                let answer = try await harness.call(.post, Self.drivers, Self.driver("loop", target: target))
                #expect(answer.status == 400 && answer.message.contains(words), "\(answer)")
            }
            for template in ["{{ .x", "{{ randAlphaNum 5 }}"] {
                let answer = try await harness.call(
                    .post, Self.drivers, Self.driver("loop", target: "driver://martlet/echo", template: template))
                #expect(answer.status == 400)
            }
            try await harness.must(200, .post, Self.drivers, Self.driver("one", target: "driver://humanitec/echo"))
            try await harness.must(200, .post, Self.drivers, Self.driver("two", target: "driver://acme/one"))
            let loop = try await harness.call(.put, Self.drivers + "/one", Self.driver("one", target: "driver://acme/two"))
            #expect(loop.status == 400 && loop.message.contains("lead to itself"))
            let inUse = try await harness.call(.delete, Self.drivers + "/one")
            #expect(inUse.status == 409 && inUse.body["details"]?["drivers"] == ["two"])
        }
    }

    @Test func definitionsFitTheirDriver() async throws {
        try await Harness.with { harness in
            try await harness.must(200, .post, Self.drivers, Self.driver("boxes", schema: Self.schema))
            func define(_ values: JSON, _ secrets: JSON, type: String = "config", driver: String = "acme/boxes") async throws
                -> Harness.Answer
            {
                try await harness.call(
                    .post, "/orgs/acme/resources/defs",
                    [
                        "id": "box", "name": "Box", "type": .string(type), "driver_type": .string(driver),
                        "driver_inputs": ["values": values, "secrets": secrets],
                    ])
            }
            let wrong = try await define(["size": "x", "siez": 1], ["key": "hunter2"], type: "dns")
            #expect(wrong.status == 400 && !wrong.message.contains("hunter2"))
            #expect(
                wrong.body["details"]?["problems"]?.array?.map { $0["path"] } == [
                    "type", "driver_inputs.secrets.key", "driver_inputs.values.siez", "driver_inputs.values.size",
                ])
            let misspelt = try await define(["size": 1], ["key": "hunter2-hunter2"], driver: "acme/boxs")
            #expect(misspelt.status == 400 && misspelt.message.contains("acme/boxes"))
            #expect(harness.broker.current.secrets.isEmpty, "nothing is stored for what is refused")
            #expect(try await define(["size": "${resources.config#x.outputs.n}"], ["key": "hunter2-hunter2"]).status == 200)
            // What a change leaves out counts, too.
            let one = "/orgs/acme/resources/defs/box"
            #expect(try await harness.call(.patch, one, ["driver_inputs": ["values": ["size": 2]]]).status == 200)
            #expect(try await harness.call(.put, one, ["driver_inputs": ["values": ["size": 2]]]).status == 400)
            #expect(try await harness.call(.patch, one, ["driver_inputs": ["values": ["size": "2"]]]).status == 400)
            let inUse = try await harness.call(.delete, Self.drivers + "/boxes")
            #expect(inUse.status == 409 && inUse.body["details"]?["definitions"] == ["box"])
        }
    }

    /// A driver says which accounts it takes, and is given no other, whichever way a definition comes by one.
    @Test func anAccountOfAWrongTypeIsRefusedByName() async throws {
        try await Harness.with { harness in
            try await harness.must(200, .post, Self.drivers, Self.driver("boxes"))
            let accounts = "/orgs/acme/resources/accounts"
            try await harness.must(
                200, .post, accounts,
                [
                    "id": "gcp-one", "name": "G", "type": "gcp",
                    "credentials": [
                        "type": "service_account", "project_id": "p", "private_key": "s3cret", "client_email": "ci@p",
                    ],
                ])
            func define(_ account: String?, driver: String = "acme/boxes") async throws -> Harness.Answer {
                var body: JSON = ["id": "box", "name": "Box", "type": "config", "driver_type": .string(driver)]
                if let account { body["driver_account"] = .string(account) }
                return try await harness.call(.post, "/orgs/acme/resources/defs", body)
            }
            let none = try await define("gcp-one")
            #expect(none.status == 400 && none.message.contains("'gcp'") && none.message.contains("'aws'"), "\(none)")
            #expect(none.message.contains("there is none"), "\(none)")
            try await harness.must(
                200, .post, accounts,
                [
                    "id": "aws-one", "name": "A", "type": "aws",
                    "credentials": ["aws_access_key_id": "AKIA1", "aws_secret_access_key": "s3cret"],
                ])
            let wrong = try await define("gcp-one")
            #expect(wrong.body["details"]?["problems"]?.array?.map { $0["path"] } == ["driver_account"], "\(wrong)")
            #expect(wrong.message.contains("'gcp-one'") && wrong.message.contains("such as 'aws-one'"), "\(wrong)")
            #expect(try await define("aws-one").status == 200)
            // By each way of changing it, also by changing the driver alone; a placeholder's account is not known yet.
            let one = "/orgs/acme/resources/defs/box"
            #expect(try await harness.call(.patch, one, ["driver_account": "gcp-one"]).status == 400)
            #expect(try await harness.call(.put, one, ["name": "Box", "driver_account": "gcp-one"]).status == 400)
            #expect(try await harness.call(.patch, one, ["driver_account": "${context.app.id}-one"]).status == 200)
            #expect(
                try await harness.call(.patch, one, ["driver_type": "martlet/echo", "driver_account": "gcp-one"]).status == 200)
            #expect(try await harness.call(.patch, one, ["driver_type": "acme/boxes"]).status == 400)
        }
    }

    /// The runner is told what stands behind a type, when a resource is made and when it is destroyed.
    @Test func theRunnerIsToldWhereADriverIs() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(200, .post, Self.drivers, Self.driver("boxes", type: "postgres"))
            try await harness.must(
                200, .post, Self.drivers, Self.driver("small", target: "driver://acme/boxes", type: "", template: "values: {}"))
            try await harness.define("own", "postgres", driver: "acme/small", criteria: [["app_id": "shop"]])
            #expect(try await harness.ended(harness.deploy())["status"] == "succeeded")
            let made = harness.runner.orders.compactMap(\.resource).first { $0.identity.type == "postgres" }
            #expect(made?.driverType == "acme/small")
            #expect(made?.drivers?.map(\.id) == ["small", "boxes"])
            #expect(made?.drivers?.map(\.target) == ["driver://acme/boxes", "https://drivers.example.com/x/"])
            #expect(harness.runner.orders.compactMap(\.resource).first { $0.identity.type == "route" }?.drivers == nil)
            let inUse = try await harness.call(.delete, Self.drivers + "/small")
            #expect(inUse.status == 409 && inUse.body["details"]?["resources"]?.array?.count == 1)
            harness.runner.forget()
            try await harness.must(202, .delete, Harness.environment)
            let destroyed = try await eventually("the destruction") {
                harness.runner.orders.first { $0.words == "destroy postgres" }?.resource
            }
            #expect(destroyed.drivers?.map(\.id) == ["small", "boxes"])
        }
    }

    @Test func anotherOrganisationsDriversAreNotThere() async throws {
        try await Harness.with { harness in
            try await harness.createOrganization("evil", by: People.stranger)
            let eve = People.stranger
            try await harness.must(200, .post, Self.drivers, Self.driver("boxes"))
            #expect(try await harness.must(200, .get, "/orgs/evil/resources/drivers", as: eve) == [])
            try await harness.must(404, .get, "/orgs/evil/resources/drivers/boxes", as: eve)
            try await harness.must(404, .get, Self.drivers + "/boxes", as: eve)
            try await harness.must(404, .delete, Self.drivers + "/boxes", as: eve)
        }
    }
}
