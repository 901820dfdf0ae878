import HTTPTypes
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct ValueTests {
    private static let app = "/orgs/acme/apps/shop", env = app + "/envs/development"
    private static let canary = "canary-91b7"

    private func shop(_ body: @escaping @Sendable (Harness) async throws -> Void) async throws {
        try await Harness.with { harness in
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            try await body(harness)
        }
    }

    @Test func aValueIsCreatedChangedAndDeleted() async throws {
        try await shop { harness in
            let values = Self.app + "/values"
            #expect(try await harness.must(200, .get, values) == [])
            #expect(try await harness.must(200, .get, Self.app + "/value-set-versions") == [])
            let made = try await harness.must(201, .post, values, ["key": "LEVEL", "value": "info", "description": "How loud"])
            #expect(made["value"] == "info" && made["source"] == "app" && made["is_secret"] == false)
            #expect(made["secret_key"] == .null && made["updated_by"] == "user:ann")
            let twice = try await harness.call(.post, values, ["key": "LEVEL", "value": "x", "description": ""])
            #expect(twice.status == 409 && twice.message.contains("'LEVEL'"))
            let put = try await harness.must(200, .put, values + "/LEVEL", ["value": "debug", "description": "Loud"])
            #expect(put["value"] == "debug" && put["description"] == "Loud" && put["created_at"] == made["created_at"])
            let patched = try await harness.must(200, .patch, values + "/LEVEL", ["description": "Very loud"])
            #expect(patched["value"] == "debug" && patched["description"] == "Very loud")
            #expect(try await harness.must(200, .get, values) == [patched])
            try await harness.must(204, .delete, values + "/LEVEL")
            try await harness.must(404, .delete, values + "/LEVEL")
            #expect(try await harness.must(200, .get, values) == [])
            let history = try await harness.must(200, .get, Self.app + "/value-set-versions").array ?? []
            #expect(
                history.map { $0["result_of"]?.string } == [
                    "app_value_delete", "app_value_update", "app_value_update", "app_value_create",
                ])
            #expect(history[0]["change"] == [["op": "remove", "path": "/LEVEL"]] && history[0]["values"] == [:])
            #expect(history[2]["change"]?[0]?["value"]?["value"] == "debug" && history[2]["created_by"] == "user:ann")
            let newest = try await harness.must(
                200, .get, Self.app + "/value-set-versions/00000000-0000-0000-0000-000000000000")
            #expect(newest == history[0])
            let page = try await harness.must(
                200, .get, Self.app + "/value-set-versions?limit=1&before=\(history[1]["id"]?.string ?? "")")
            #expect(page == [history[2]])
        }
    }

    @Test func anEnvironmentOverrides() async throws {
        try await shop { harness in
            for (key, value) in [("A", "app a"), ("B", "app b")] {
                try await harness.must(
                    201, .post, Self.app + "/values", ["key": .string(key), "value": .string(value), "description": ""])
            }
            let inherited = try await harness.must(200, .get, Self.env + "/values").array ?? []
            #expect(inherited.map { $0["source"] } == ["app", "app"])
            // Without overrides the history is the application's.
            let same = try await harness.must(200, .get, Self.env + "/value-set-versions")
            #expect(same == (try await harness.must(200, .get, Self.app + "/value-set-versions")))
            let none = try await harness.call(.put, Self.env + "/values/A", ["value": "x", "description": ""])
            #expect(none.status == 404 && none.message.contains("POST one to override it"))
            try await harness.must(201, .post, Self.env + "/values", ["key": "A", "value": "env a", "description": ""])
            try await harness.must(201, .post, Self.env + "/values", ["key": "C", "value": "env c", "description": ""])
            let merged = try await harness.must(200, .get, Self.env + "/values").array ?? []
            #expect(merged.map { $0["value"]?.string } == ["env a", "app b", "env c"])
            #expect(merged.map { $0["source"]?.string } == ["env", "app", "env"])
            #expect(try await harness.must(200, .get, Self.app + "/values").array?.count == 2)
            // A later change of the application is one of the environment's versions, too.
            try await harness.must(200, .patch, Self.app + "/values/B", ["value": "app b2"])
            let newest = try await harness.must(200, .get, Self.env + "/value-set-versions")[0]
            #expect(newest?["result_of"] == "app_value_update" && newest?["values"]?["A"]?["value"] == "env a")
            #expect(newest?["values"]?["B"]?["value"] == "app b2")
            let changes = try await harness.must(200, .get, Self.env + "/value-set-versions?key_changed=A").array ?? []
            #expect(changes.map { $0["result_of"]?.string } == ["env_value_create", "app_value_create"])
            try await harness.must(204, .delete, Self.env + "/values")
            let after = try await harness.must(200, .get, Self.env + "/values").array ?? []
            #expect(after.map { $0["value"]?.string } == ["app a", "app b2"])
            // Another environment sees nothing of all that.
            try await harness.must(201, .post, Self.app + "/envs", ["id": "other", "name": "Other", "type": "development"])
            let others = try await harness.must(200, .get, Self.app + "/envs/other/value-set-versions").array ?? []
            #expect(others.allSatisfy { $0["result_of"]?.string?.hasPrefix("app_") == true })
            let own = try await harness.must(200, .get, Self.env + "/value-set-versions")[0]?["id"]?.string ?? ""
            try await harness.must(404, .get, Self.app + "/envs/other/value-set-versions/\(own)")
        }
    }

    @Test func aSecretIsTheBrokers() async throws {
        try await shop { harness in
            let values = Self.app + "/values"
            let made = try await harness.must(
                201, .post, values, ["key": "KEY", "value": .string(Self.canary), "is_secret": true, "description": "d"])
            #expect(made["value"] == "" && made["is_secret"] == true && made["secret_store_id"] == "built-in")
            let path = try #require(made["secret_key"]?.string)
            #expect(
                path.hasPrefix("orgs/acme/apps/shop/values/KEY/") && harness.broker.current.secrets[path] == .string(Self.canary))
            let changed = try await harness.must(
                200, .put, values + "/KEY", ["secret_ref": ["value": .string(Self.canary + "-2")], "description": "d"])
            #expect(changed["secret_key"] != made["secret_key"] && changed["value"] == "")
            // A secret stays one, and what is none stays none.
            for body: JSON in [
                ["value": "x", "is_secret": false, "description": ""], ["secret_ref": ["value": "x"], "value": "y"],
            ] {
                try await harness.must(400, .put, values + "/KEY", body)
            }
            try await harness.must(201, .post, values, ["key": "PLAIN", "value": "x", "description": ""])
            try await harness.must(400, .patch, values + "/PLAIN", ["secret_ref": ["value": .string(Self.canary)]])
            let rows: SQL = """
                SELECT (SELECT count(*) FROM orchestrator.shared_values t WHERE t::text LIKE '%canary-91b7%')
                     + (SELECT count(*) FROM orchestrator.value_set_versions t WHERE t::text LIKE '%canary-91b7%') AS count
                """
            #expect(try await harness.count(rows) == 0)
            #expect(try await harness.count("SELECT count(*) FROM orchestrator.secret_removals") == 0)
            try await harness.must(204, .delete, values + "/KEY")
            #expect(harness.broker.current.secrets.count == 2, "its history can be restored")
            let history = try await harness.must(200, .get, Self.app + "/value-set-versions")
            #expect(!history.canonical.contains(Self.canary))
        }
    }

    @Test func whatWasIsRestored() async throws {
        try await shop { harness in
            let values = Self.app + "/values", versions = Self.app + "/value-set-versions"
            try await harness.must(201, .post, values, ["key": "A", "value": "1", "description": ""])
            try await harness.must(201, .post, values, ["key": "B", "value": "1", "description": ""])
            let then = try await harness.must(200, .get, versions)[0]?["id"]?.string ?? ""
            try await harness.must(200, .patch, values + "/A", ["value": "2"])
            try await harness.must(204, .delete, values + "/B")
            try await harness.must(201, .post, values, ["key": "C", "value": "1", "description": ""])
            let one = try await harness.must(200, .post, versions + "/\(then)/restore/A", ["comment": "back"])
            #expect(one["comment"] == "back" && one["source_value_set_version_id"] == .string(then))
            #expect(one["values"]?["A"]?["value"] == "1" && one["values"]?["C"] != nil)
            let all = try await harness.must(200, .post, versions + "/\(then)/restore", [:])
            #expect(all["values"]?.object?.keys.sorted() == ["A", "B"] && all["result_of"] == "app_value_set_version_restore")
            #expect(all["change"]?.array?.count == 2)
            let missing = try await harness.call(.post, versions + "/\(then)/restore/C", [:])
            #expect(missing.status == 400 && missing.message.contains("no value 'C'"))
            try await harness.must(404, .post, versions + "/11111111-1111-4111-a111-111111111111/restore", [:])
        }
    }

    @Test func whatIsPurgedIsGone() async throws {
        try await shop { harness in
            let values = Self.app + "/values", versions = Self.app + "/value-set-versions"
            try await harness.must(
                201, .post, values, ["key": "KEY", "value": .string(Self.canary), "is_secret": true, "description": "first"])
            // Only its words change: it is the same secret.
            try await harness.must(200, .patch, values + "/KEY", ["description": "second"])
            let leaked = try await harness.must(200, .get, versions)[0]?["id"]?.string ?? ""
            let current = try await harness.call(.post, versions + "/\(leaked)/purge/KEY", [:])
            #expect(current.status == 400 && current.message.contains("now"), "\(current)")
            try await harness.must(200, .put, values + "/KEY", ["value": "rotated", "description": "third"])
            try await harness.must(204, .post, versions + "/\(leaked)/purge/KEY", ["comment": "leaked"])
            #expect(Array(harness.broker.current.secrets.values) == ["rotated"])
            let history = try await harness.must(200, .get, versions).array ?? []
            #expect(history[0]["result_of"] == "app_value_set_version_purge" && history[0]["comment"] == "leaked")
            #expect(history[0]["values"]?["KEY"]?["purged"] == nil)
            #expect(history.suffix(2).allSatisfy { $0["values"]?["KEY"]?["purged"] == true }, "in each version that had it")
            #expect(history.suffix(2).allSatisfy { $0["change"]?[0]?["value"]?["purged"] == true })
            let back = try await harness.call(.post, versions + "/\(leaked)/restore/KEY", [:])
            #expect(back.status == 400 && back.message.contains("purged"))
            // All of a version again: what was purged keeps what it has.
            let all = try await harness.must(200, .post, versions + "/\(leaked)/restore", [:])
            #expect(all["values"]?["KEY"]?["description"] == "third")
            try await harness.must(204, .post, versions + "/\(leaked)/purge/KEY", [:])
            let plain = try await harness.must(
                201, .post, values, ["key": "P", "value": .string(Self.canary), "description": ""])
            #expect(plain["value"] == .string(Self.canary))
            let version = try await harness.must(200, .get, versions)[0]?["id"]?.string ?? ""
            try await harness.must(204, .delete, values + "/P")
            try await harness.must(204, .post, versions + "/\(version)/purge/P", [:])
            #expect(try await !harness.must(200, .get, versions).canonical.contains(Self.canary))
            #expect(
                try await harness.count(
                    "SELECT count(*) FROM orchestrator.shared_values t WHERE t::text LIKE '%canary-91b7%'") == 0)
            let there = try await harness.call(.post, Self.env + "/value-set-versions/\(leaked)/purge/KEY", [:])
            #expect(there.status == 400 && there.message.contains("from the application"))
        }
    }

    @Test(
        arguments: [
            (#"{"key": "1A", "value": "x", "description": ""}"#, "key"), (#"{"key": "A B", "value": "x"}"#, "key"),
            (#"{"value": "x", "description": ""}"#, "key"), (#"{"key": "A", "description": ""}"#, "value"),
            (#"{"key": "A", "value": "x", "secret_ref": {"value": "y"}}"#, "one of them"),
            (#"{"key": "A", "secret_ref": {"ref": "a/b"}}"#, "store"), (#"{"key": "A", "secret_ref": {}}"#, "secret_ref"),
            (#"{"key": "A", "secret_ref": {"value": "x"}, "is_secret": false}"#, "secret_ref"),
            (#"{"key": "A", "secret_ref": {"store": "built-in", "ref": "orgs/acme/apps/other/values/A/1"}}"#, "built-in"),
            (#"{"key": "A", "secret_ref": {"store": "nowhere", "ref": "a/b"}}"#, "nowhere"),
        ])
    func whatCannotBeAValueIsRefused(_ body: String, _ names: String) async throws {
        try await shop { harness in
            let answer = try await harness.call(.post, Self.app + "/values", try JSON.parse(body))
            #expect(answer.status == 400 && answer.message.contains(names), "\(answer)")
            #expect(try await harness.must(200, .get, Self.app + "/value-set-versions") == [])
        }
    }

    @Test func whoMayNotChangeTheApplicationChangesNoValue() async throws {
        try await shop { harness in
            let body: JSON = ["key": "A", "value": "x", "description": ""]
            var viewer = People.administrator
            viewer.orgRole = .member
            viewer.appRoles = ["shop": .viewer]
            #expect(try await harness.call(.post, Self.app + "/values", body, as: viewer).status == 403)
            try await harness.must(200, .get, Self.app + "/values", as: viewer)
            viewer.appRoles = [:]
            #expect(try await harness.call(.get, Self.app + "/values", as: viewer).status == 404)
            viewer.appRoles = ["shop": .developer]
            try await harness.must(201, .post, Self.env + "/values", body, as: viewer)
        }
    }

    @Test func aRequestThatIsSentAgainMakesNothingNew() async throws {
        try await shop { harness in
            let key = try #require(HTTPField.Name("Idempotency-Key"))
            for body: JSON in [
                ["key": "A", "value": "x", "description": ""], ["key": "S", "value": .string(Self.canary), "is_secret": true],
            ] {
                let first = try await harness.call(
                    .post, Self.app + "/values", body, headers: [key: "k-\(body["key"]?.string ?? "")"])
                let again = try await harness.call(
                    .post, Self.app + "/values", body, headers: [key: "k-\(body["key"]?.string ?? "")"])
                #expect(first.status == 201 && again.status == 201 && first.body == again.body, "\(again)")
            }
            #expect(try await harness.must(200, .get, Self.app + "/value-set-versions").array?.count == 2)
            #expect(harness.broker.current.secrets.count == 1)
        }
    }

    /// A value's secrets go with its environment and its application.
    @Test func whatGoesTakesItsSecretsAlong() async throws {
        try await shop { harness in
            for base in [Self.app, Self.env] {
                try await harness.must(
                    201, .post, base + "/values",
                    ["key": "K", "value": .string(Self.canary), "is_secret": true, "description": ""])
            }
            try await harness.must(204, .delete, Self.env)
            try await eventually("the environment's secret is erased") { harness.broker.current.secrets.count == 1 }
            try await harness.must(201, .post, Self.app + "/envs", ["id": "development", "name": "x", "type": "development"])
            #expect(try await harness.must(200, .get, Self.env + "/values").array?.count == 1, "nothing of the old one is left")
            try await harness.must(204, .delete, Self.app)
            try await eventually("the application's, too") { harness.broker.current.secrets.isEmpty }
        }
    }
}
