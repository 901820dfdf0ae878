import CommandLineTool
import PlatformModel
import TestSupport
import Testing

@Suite struct ValueTests {
    private static let app = "/orgs/acme/apps/shop", env = app + "/envs/development"

    private static let values: JSON = [
        [
            "key": "LEVEL", "value": "info", "is_secret": false, "description": "How loud", "source": "app",
            "updated_at": "2026-11-22T08:00:00.000Z", "updated_by": "user:ann",
        ],
        [
            "key": "KEY", "value": "", "is_secret": true, "description": "", "source": "env", "secret_store_id": "built-in",
            "updated_at": "2026-11-22T08:00:00.000Z", "updated_by": "user:ann",
        ],
        [
            "key": "OUT", "value": "", "is_secret": true, "description": "", "source": "app", "secret_store_id": "vault",
            "secret_key": "apps/shop/out", "updated_at": "2026-11-22T08:00:00.000Z", "updated_by": "user:ann",
        ],
    ]

    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            let path = request.target.split(separator: "?")[0]
            switch (request.method, path) {
            case ("GET", "\(Self.app)/values"), ("GET", "\(Self.env)/values"): return .json(Self.values)
            case ("GET", "\(Self.app)/value-set-versions"):
                return .json([
                    [
                        "id": "v2", "created_at": "2026-11-22T08:00:00.000Z", "created_by": "user:ann",
                        "result_of": "app_value_update", "comment": "",
                        "change": [["op": "replace", "path": "/LEVEL", "value": [:]], ["op": "remove", "path": "/OLD"]],
                    ]
                ])
            case ("POST", _), ("PATCH", _): return .json(["change": [], "is_secret": true])
            default: return nil
            }
        }
    }

    @Test func theListSaysWhereEachIsFrom() async throws {
        let out = await (try Tool(try await gateway())).run("get", "values").out
        try expectGolden(out, "values.txt")
    }

    @Test func aValueIsSetWhereItIsSaidTo() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        #expect(
            await tool.run("value", "set", "LEVEL", "debug", "--description", "d").out
                == "value LEVEL of application shop changed\n")
        #expect(gateway.body(of: "PATCH \(Self.app)/values/LEVEL") == ["value": "debug", "description": "d"])
        // The environment inherits it, and so it is created there.
        #expect(
            await tool.run("value", "set", "LEVEL", "x", "--in-env").out == "value LEVEL of environment development created\n")
        #expect(
            gateway.body(of: "POST \(Self.env)/values") == ["key": "LEVEL", "value": "x", "is_secret": false, "description": ""])
        #expect(await tool.run("value", "set", "NEW", "--ref", "vault:apps/shop/new#a@3").status == .done)
        #expect(
            gateway.body(of: "POST \(Self.app)/values")?["secret_ref"]
                == ["store": "vault", "ref": "apps/shop/new#a", "version": "3"])
        #expect(await tool.run("create", "value", "LEVEL", "x").status == .done)
        #expect(gateway.body(of: "POST \(Self.app)/values")?["key"] == "LEVEL")
    }

    @Test func aSecretIsNeverOnTheCommandLine() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        for arguments in [["NEW", "s3cret", "--secret"], ["KEY", "s3cret", "--in-env"], ["NEW"], ["NEW", "x", "--ref", "a:b"]] {
            let outcome = await tool.run(["value", "set"] + arguments)
            #expect(outcome.status == .usage && !outcome.err.contains("s3cret"), "\(arguments)")
        }
        tool.input = "s3cret\n"
        #expect(await tool.run("value", "set", "NEW", "--secret").status == .done)
        #expect(gateway.body(of: "POST \(Self.app)/values")?["value"] == "s3cret")
        #expect(gateway.body(of: "POST \(Self.app)/values")?["is_secret"] == true)
        #expect(await tool.run("value", "set", "KEY", "-", "--in-env").status == .done)
        #expect(gateway.body(of: "PATCH \(Self.env)/values/KEY") == ["value": "s3cret"])
        tool.terminal = .init(isInput: true, isOutput: true, isError: true)
        let asked = await tool.run("value", "set", "OTHER", "--secret")
        #expect(asked.status == .done && asked.err.contains("OTHER: "))
    }

    @Test func historyRestoreAndPurge() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        try expectGolden(await tool.run("value", "history", "--key", "LEVEL").out, "value-history.txt")
        #expect(gateway.lines.contains("GET \(Self.app)/value-set-versions?key_changed=LEVEL"))
        #expect(await tool.run("value", "restore", "v2", "--comment", "why").status == .done)
        #expect(gateway.body(of: "POST \(Self.app)/value-set-versions/v2/restore") == ["comment": "why"])
        #expect(await tool.run("value", "restore", "v2", "LEVEL", "--in-env").status == .done)
        #expect(gateway.lines.contains("POST \(Self.env)/value-set-versions/v2/restore/LEVEL"))
        #expect(await tool.run("value", "purge", "v2", "KEY").status != .done, "it asks")
        #expect(await tool.run("value", "purge", "v2", "KEY", "--yes").status == .done)
        #expect(gateway.lines.contains("POST \(Self.app)/value-set-versions/v2/purge/KEY"))
    }
}
