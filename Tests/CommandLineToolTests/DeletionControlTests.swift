import CommandLineTool
import PlatformModel
import TestSupport
import Testing

/// Deletions that take their time, limits of environment types, and the order that a plan tells.
@Suite struct DeletionControlTests {
    private static let base = "/orgs/acme/apps/shop/envs/development"

    private static func deletion(_ id: String, _ object: String, _ status: String, cancelled: Bool = false) -> JSON {
        [
            "id": .string(id), "object": .string(object), "status": .string(status), "cancelled": .bool(cancelled),
            "created_at": "2026-11-22T10:00:00.000Z", "created_by": "alice", "errors": [],
            "steps": [
                ["object": "environment development", "verb": "remove", "attempt": 1, "state": "succeeded", "because": []],
                [
                    "object": "postgres.default#shared.db", "verb": "destroy", "attempt": 1, "state": "failed", "because": [],
                    "remedy": "mend the cause, then delete again: what is gone counts as done",
                ],
                ["object": "config.default#shared.net", "verb": "destroy", "attempt": 1, "state": "skipped", "because": []],
            ],
        ]
    }

    private func gateway(_ deletions: [JSON]) async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)/deletions": .json(.array(deletions))
            case "POST \(Self.base)/deletions/x1/cancel":
                .json(Self.deletion("x1", "environment development", "failed", cancelled: true), status: 202)
            default: nil
            }
        }
    }

    @Test func theEnvironmentsDeletionUnderWayIsCancelled() async throws {
        let gateway = try await gateway([
            Self.deletion("x2", "postgres.default#shared.old", "pending"),
            Self.deletion("x1", "environment development", "in progress"),
        ])
        let outcome = await (try Tool(gateway)).run("cancel", "deletion", "--wait")
        #expect(outcome.status == .done && outcome.out == "deletion x1 of environment development cancelled\n", "\(outcome)")
        #expect(
            outcome.err == """
                gone: environment development
                told to stop, and perhaps half gone: postgres.default#shared.db
                as before: config.default#shared.net
                postgres.default#shared.db: mend the cause, then delete again: what is gone counts as done

                """, "\(outcome.err)")
    }

    @Test func withSeveralOneIsNamed() async throws {
        let none = await (try Tool(try await gateway([]))).run("cancel", "deletion")
        #expect(none.status == .notFound && none.err.contains("nothing is being deleted"), "\(none)")
        let open = [Self.deletion("x2", "one.default#a", "pending"), Self.deletion("x3", "one.default#b", "in progress")]
        let several = await (try Tool(try await gateway(open))).run("cancel", "deletion")
        #expect(several.status == .usage && several.err.contains("x3  one.default#b"), "\(several)")
        let list = await (try Tool(try await gateway(open))).run("get", "deletions")
        #expect(list.out.contains("x2  one.default#a  pending"), "\(list.out)")
        let odd = await (try Tool(try await gateway([]))).run("cancel", "app", "x")
        #expect(odd.status == .usage && odd.err.contains("'deployment ID' or 'deletion'"), "\(odd)")
    }

    @Test func aResourceThatDoesNotGoIsToldAtOnce() async throws {
        let path = Self.base + "/resources"
        var failed = Self.deletion("x1", "pg.default#shared.db", "failed")
        failed["errors"] = [
            [
                "scope": "resource", "object_id": "pg.default#shared.db", "code": "DRV-302", "error_type": "destroy",
                "summary": "it holds data", "message": "it holds data",
            ]
        ]
        let gateway = try await ScriptedGateway { [failed] request in
            switch request.line {
            case "GET \(path)": .json([["type": "pg", "class": "default", "res_id": "shared.db", "status": "deleting"]])
            case "DELETE \(path)/pg.default/shared.db": .json(.null, status: 202)
            case "GET \(Self.base)/deletions": .json([failed])
            default: nil
            }
        }
        let outcome = await (try Tool(gateway)).run("delete", "resource", "pg.default#shared.db", "--yes")
        #expect(outcome.status == .failed && outcome.err.contains("DRV-302 pg.default#shared.db: it holds data"), "\(outcome)")
    }

    @Test func limitsAreShownAndSetOneByOne() async throws {
        let path = "/orgs/acme/env-types/production/limits"
        let gateway = try await ScriptedGateway { request in
            switch request.line {
            case "GET \(path)": .json(["step_seconds": 600, "deployment_seconds": .null])
            case "PUT \(path)": .json(["step_seconds": .null, "deployment_seconds": 3600, "set_by": "alice"])
            default: nil
            }
        }
        let tool = try Tool(gateway)
        #expect(
            await tool.run("limits", "production").out
                == "environment type production: each step 600 s, a deployment no limit of its own\n")
        let set = await tool.run("limits", "production", "--deployment", "3600")
        #expect(set.out == "environment type production: each step no limit of its own, a deployment 3600 s\n", "\(set)")
        #expect(gateway.body(of: "PUT \(path)") == ["step_seconds": 600, "deployment_seconds": 3600])
        _ = await tool.run("limits", "production", "--step", "none")
        #expect(gateway.body(of: "PUT \(path)") == ["step_seconds": .null, "deployment_seconds": .null])
        #expect(await tool.run("limits", "production", "--step", "soon").status == .usage)
    }

    @Test func thePlanTellsTheOrderOfWorkloadsWhereOneWasAskedFor() async throws {
        func place(_ name: String, _ round: Int, when: String = "deploy", success: String = "available", _ after: [JSON] = [])
            -> JSON
        {
            [
                "workload": .string(name), "round": .int(Int64(round)), "when": .string(when), "success": .string(success),
                "timeout": 300, "after": .array(after), "more": 0,
            ]
        }
        func need(_ name: String, _ because: String) -> JSON {
            ["workload": .string(name), "because": .string(because), "reason": ""]
        }
        var plan: JSON = [
            "id": "p1", "app_id": "shop", "env_id": "development", "mode": "incremental", "comment": "", "holds": true,
            "moved": [],
            "totals": ["create": 3, "keep": 0], "nodes": [], "removals": [], "manifests": [],
            "order": [
                place("migrate", 1, when: "before", success: "complete"),
                place("web", 2, success: "deploy", [need("migrate", "deploy.when")]),
                place("smoke", 3, when: "after", [need("web", "reference"), need("migrate", "deploy.when")]),
            ],
        ]
        func shown(_ plan: JSON) async throws -> String {
            let gateway = try await ScriptedGateway { request in
                request.line == "GET \(Self.base)/plans/p1" ? .json(plan) : nil
            }
            return await (try Tool(gateway)).run("plan", "p1").out
        }
        let text = try await shown(plan)
        #expect(
            text.contains(
                """

                Order of workloads:
                    1. migrate  first (deploy.when: before); done once it has run to its end, within 300 s
                    2. web  after migrate, since that asks for it with deploy.when: before; done once it is handed over
                    3. smoke  after web, which it refers to, and after migrate, since it asks for that with deploy.when: after; done once \
                it is ready, within 300 s

                """), "\(text)")
        plan["order"] = [place("web", 1), place("api", 1)]
        let plain = try await shown(plan)
        #expect(!plain.contains("Order of workloads"))
    }
}
