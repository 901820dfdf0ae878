import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// T53: who changes what they have read changes just that, or nothing.
@Suite struct EditTests {
    private static let definition = "/orgs/acme/resources/defs/edited"

    private func define(_ harness: Harness) async throws {
        try await harness.must(
            200, .post, "/orgs/acme/resources/defs",
            [
                "id": "edited", "name": "Edited", "type": "config", "driver_type": "martlet/echo",
                "driver_inputs": ["values": [:]],
            ])
    }

    private func tag(_ harness: Harness, _ path: String) async throws -> String {
        let answer = try await harness.call(.get, path)
        return try #require(answer.headers[.eTag], "\(path) -> \(answer)")
    }

    /// Each kind of thing: its path, a change of it, and whether it can be deleted.
    private static let things: [(String, HTTPRequest.Method, JSON, Bool)] = [
        (definition, .patch, ["name": "Again"], true),
        (
            "/orgs/acme/resources/drivers/edited", .put,
            ["type": "config", "target": "https://drivers.example.com/y", "inputs_schema": [:], "account_types": []], true
        ),
        (
            "/orgs/acme/workload-profiles/acme%2Fedited", .put,
            ["spec_definition": [:], "workload_profile_chart": ["id": "humanitec/default-module", "version": "1.0.0"]], true
        ),
        ("/orgs/acme/resources/types/config/classes/edited", .patch, ["description": "again"], true),
        (
            "/orgs/acme/apps/shop/deltas/DELTA", .patch,
            [["shared": [["op": "add", "path": "/x", "value": ["type": "config"]]]]], false
        ),
    ]

    @Test func aStaleTagIs412AndChangesNothing() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await define(harness)
            try await harness.must(
                200, .post, "/orgs/acme/resources/drivers",
                [
                    "id": "edited", "type": "config", "target": "https://drivers.example.com/x", "inputs_schema": [:],
                    "account_types": [],
                ])
            try await harness.must(
                201, .post, "/orgs/acme/workload-profiles",
                [
                    "id": "edited", "spec_definition": [:], "description": "first",
                    "workload_profile_chart": ["id": "humanitec/default-module", "version": "1.0.0"],
                ])
            try await harness.must(
                200, .post, "/orgs/acme/resources/types/config/classes", ["id": "edited", "description": "first"])
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["metadata": ["env_id": "development"]])
            for (path, method, change, deletes) in Self.things {
                let path = path.replacing("DELTA", with: delta["id"]?.string ?? "")
                let first = try await tag(harness, path), before = try await harness.must(200, .get, path)
                let none = try await harness.call(method, path, change, headers: [.ifMatch: "\"none\", W/\(first)"])
                #expect(none.status == 412 && none.error == "changed_meanwhile" && none.body["details"]?["etag"]?.string == first)
                #expect(try await harness.must(200, .get, path) == before)
                let changed = try await harness.call(method, path, change, headers: [.ifMatch: "\"none\", \(first)"])
                #expect(changed.status == 200, "\(path) -> \(changed)")
                let second = try await tag(harness, path)
                #expect(second != first && changed.headers[.eTag] == second, "\(path)")
                #expect(try await harness.call(method, path, change, headers: [.ifMatch: first]).status == 412, "\(path)")
                #expect(try await harness.call(method, path, change, headers: [.ifMatch: "*"]).status == 200, "\(path)")
                #expect(try await harness.call(method, path, change).status == 200, "\(path)")
                guard deletes else { continue }
                #expect(try await harness.call(.delete, path, headers: [.ifMatch: first]).status == 412, "\(path)")
                let last = try await tag(harness, path)
                #expect(try await harness.call(.delete, path, headers: [.ifMatch: last]).status == 204, "\(path)")
                #expect(try await harness.call(method, path, change, headers: [.ifMatch: last]).status == 404, "\(path)")
            }
        }
    }

    @Test func theCriteriaArePartOfTheDefinition() async throws {
        try await Harness.with { harness in
            try await define(harness)
            let first = try await tag(harness, Self.definition)
            let criteria = Self.definition + "/criteria"
            #expect(try await harness.call(.post, criteria, ["app_id": "a"], headers: [.ifMatch: first]).status == 200)
            #expect(try await harness.call(.put, criteria, [["app_id": "b"]], headers: [.ifMatch: first]).status == 412)
            #expect(try await harness.call(.patch, Self.definition, ["name": "x"], headers: [.ifMatch: first]).status == 412)
            let second = try await tag(harness, Self.definition)
            #expect(second != first)
            let id = try #require(try await harness.must(200, .get, Self.definition)["criteria"]?[0]?["id"]?.string)
            #expect(try await harness.call(.delete, criteria + "/\(id)", headers: [.ifMatch: first]).status == 412)
            #expect(try await harness.call(.delete, criteria + "/\(id)", headers: [.ifMatch: second]).status == 204)
        }
    }

    /// Things of which an account's credentials and a store's are never shown, and are a part nevertheless.
    @Test func accountsAndSecretStores() async throws {
        try await Harness.with { harness in
            try await harness.must(
                200, .post, "/orgs/acme/resources/accounts",
                ["id": "edited", "name": "E", "type": "custom", "credentials": ["key": "first"]])
            try await harness.must(
                201, .post, "/orgs/acme/secretstores",
                ["id": "edited", "vault": ["url": "https://vault.example:8200", "path": "secret", "auth": ["token": "hvs.x"]]])
            for (path, change) in [
                ("/orgs/acme/resources/accounts/edited", ["credentials": ["key": "second"]]),
                ("/orgs/acme/secretstores/edited", ["vault": ["path": "kv"]]),
            ] as [(String, JSON)] {
                let first = try await tag(harness, path)
                let changed = try await harness.call(.patch, path, change, headers: [.ifMatch: first])
                #expect(changed.status == 200, "\(path) -> \(changed)")
                let second = try await tag(harness, path)
                #expect(second != first && changed.headers[.eTag] == second, "\(path)")
                for method in [HTTPRequest.Method.patch, .delete] {
                    let body = method == .patch ? change : JSON?.none
                    let stale = try await harness.call(method, path, body, headers: [.ifMatch: first])
                    #expect(stale.status == 412 && stale.body["details"]?["etag"]?.string == second, "\(path) -> \(stale)")
                }
                #expect(try await tag(harness, path) == second)
                #expect(try await harness.call(.delete, path, headers: [.ifMatch: second]).status == 204, "\(path)")
                #expect(try await harness.call(.patch, path, change, headers: [.ifMatch: second]).status == 404, "\(path)")
            }
        }
    }

    /// What has no GET of its own has the tag of its list.
    @Test func resourceTypesAndValues() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let types = "/orgs/acme/resources/types", values = "/orgs/acme/apps/shop/values"
            try await harness.must(200, .post, types, ["type": "acme/edited", "use": "direct"])
            try await harness.must(201, .post, values, ["key": "EDITED", "value": "first", "description": ""])
            for (list, one, change) in [
                (types, "/acme%2Fedited", ["name": "again"]), (values, "/EDITED", ["value": "again"]),
            ] as [(String, String, JSON)] {
                let first = try await tag(harness, list)
                #expect(try await harness.call(.patch, list + one, change, headers: [.ifMatch: first]).status == 200, "\(list)")
                let second = try await tag(harness, list)
                #expect(second != first, "\(list)")
                for method in [HTTPRequest.Method.patch, .delete] {
                    let body = method == .patch ? change : JSON?.none
                    let stale = try await harness.call(method, list + one, body, headers: [.ifMatch: first])
                    #expect(stale.status == 412 && stale.error == "changed_meanwhile", "\(list) -> \(stale)")
                }
                #expect(try await tag(harness, list) == second, "\(list)")
                #expect(try await harness.call(.delete, list + one, headers: [.ifMatch: second]).status == 204, "\(list)")
            }
            // An environment's values are a list of their own.
            let environment = Harness.environment + "/values", first = try await tag(harness, environment)
            let value: JSON = ["key": "OWN", "value": "x", "description": ""]
            #expect(try await harness.call(.post, environment, value, headers: [.ifMatch: first]).status == 201)
            #expect(try await harness.call(.delete, environment, headers: [.ifMatch: first]).status == 412)
            let second = try await tag(harness, environment)
            #expect(try await harness.call(.delete, environment, headers: [.ifMatch: second]).status == 204)
        }
    }

    /// Where the machine's owner wants it, a change that does not say what it was made on is 428, and only there.
    @Test func aMissingTagIs428WhereItIsDemanded() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await harness.withRoom(further: "edits: {require_if_match: true}") {
                try await harness.createOrganization("acme", by: People.administrator)
                try await define(harness)
                let first = try await tag(harness, Self.definition), change: JSON = ["name": "Again"]
                let missing = try await harness.call(.patch, Self.definition, change)
                #expect(missing.status == 428 && missing.error == "if_match_required", "\(missing)")
                #expect(missing.body["details"]?["etag"]?.string == first)
                #expect(try await harness.call(.delete, Self.definition).status == 428)
                #expect(try await tag(harness, Self.definition) == first)
                #expect(try await harness.call(.patch, Self.definition, change, headers: [.ifMatch: first]).status == 200)
                #expect(try await harness.call(.delete, Self.definition, headers: [.ifMatch: "*"]).status == 204)
                // What is new, and what has no tag, is as it was.
                try await define(harness)
                try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
                try await harness.must(204, .delete, Harness.environment)
            }
        }
    }

    /// Eight editors at once, each adding something of its own to what it has read, until it is taken.
    @Test func nobodysWorkIsLost() async throws {
        try await Harness.with { harness in
            try await define(harness)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for editor in 0..<8 {
                    group.addTask {
                        try await eventually("the change of editor \(editor)") {
                            let read = try await harness.call(.get, Self.definition)
                            var values = read.body["driver_inputs"]?["values"]?.object ?? [:]
                            values["editor-\(editor)"] = .int(Int64(editor))
                            let answer = try await harness.call(
                                .patch, Self.definition, ["driver_inputs": ["values": .object(values)]],
                                headers: [.ifMatch: read.headers[.eTag] ?? ""])
                            #expect([200, 409, 412].contains(answer.status), "\(answer)")
                            return answer.status == 200
                        }
                    }
                }
                try await group.waitForAll()
            }
            let values = try await harness.must(200, .get, Self.definition)["driver_inputs"]?["values"]?.object ?? [:]
            #expect(values.count == 8)
            #expect(try await harness.must(200, .get, Self.definition + "/versions").array?.count == 9)
        }
    }

    /// Also who says nothing of what they have read takes nobody's change back: what a PATCH leaves out stays.
    @Test func changesOfDifferentPartsMeet() async throws {
        try await Harness.with { harness in
            try await define(harness)
            for round in 0..<5 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for change in [
                        ["name": .string("name \(round)")], ["driver_inputs": ["values": ["round": .int(Int64(round))]]],
                    ] as [JSON] {
                        group.addTask {
                            try await eventually("a change that was taken") {
                                let status = try await harness.call(.patch, Self.definition, change).status
                                #expect([200, 409].contains(status))
                                return status == 200
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let now = try await harness.must(200, .get, Self.definition)
                #expect(now["name"]?.string == "name \(round)" && now["driver_inputs"]?["values"]?["round"]?.int == round)
            }
        }
    }
}
