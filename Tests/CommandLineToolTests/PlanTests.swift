import CommandLineTool
import PlatformModel
import TestSupport
import Testing

@Suite struct PlanTests {
    private static let base = "/orgs/acme/apps/shop/envs/development"
    private static let db = "postgres.default#modules.web.externals.db"

    private static func node(
        _ id: String, _ action: String, _ reason: String, _ definition: String = "", changes: [JSON] = [], effects: JSON? = nil
    ) -> JSON {
        let parts = id.split(separator: "#", maxSplits: 1).map(String.init)
        var node: JSON = [
            "id": .string(id), "type": .string(String(parts[0].prefix { $0 != "." })), "res_id": .string(parts[1]),
            "action": .string(action), "reason": .string(reason), "definition": .string(definition), "changes": .array(changes),
            "depends_on": [],
        ]
        if let effects {
            node["driver"] = "martlet/terraform"
            node["effects"] = effects
        }
        return node
    }

    private static let bucket: JSON = [
        "known": true, "create": 24, "update": 1, "replace": 0, "delete": 1,
        "effects": .array(
            [["object": "moved.it", "action": "move"], ["object": "aws_s3_bucket.old", "action": "delete"]]
                + (0..<24).map { ["object": .string("aws_s3_object.it[\($0)]"), "action": "create"] }),
    ]
    private static let unknown: JSON = [
        "known": false, "create": 0, "update": 0, "replace": 0, "delete": 0, "effects": [],
        "reason": "its inputs are known once redis.default#shared.cache is done",
    ]

    private static let totals: JSON = ["create": 1, "update": 2, "replace": 1, "delete": 1, "keep": 5, "unused": 1]

    private static let plan: JSON = [
        "id": "3f2a91c07d5e4b68", "app_id": "shop", "env_id": "development", "mode": "incremental", "comment": "more memory",
        "holds": true, "moved": [], "totals": totals,
        "nodes": [
            node(
                "postgres.default#modules.web.externals.db", "update", "/params/size, /secrets/password changed", "postgres-dev",
                changes: [
                    ["path": "/params/size", "before": ["value": "small"], "after": ["value": "large"]],
                    ["path": "/secrets/password", "before": ["secret": "0a1b2c3d4e5f"], "after": ["secret": "ffeeddccbbaa"]],
                    ["path": "/values/extra", "after": ["value": ["a": 1]]],
                ]),
            node(
                "redis.default#shared.cache", "replace", "its driver is now 'martlet/redis', it was made by 'martlet/echo'",
                "redis"),
            node("dns.default#shared.front", "create", "the environment does not have it yet", "dns-dev"),
            node("s3.default#shared.media", "create", "the environment does not have it yet", "s3-aws", effects: bucket),
            node("s3.default#shared.cold", "create", "the environment does not have it yet", "s3-aws", effects: unknown),
            node("route.default#modules.web.externals.front", "keep", "nothing it is made of changed", "route"),
            node(
                "workload.default#modules.web", "update", "/spec/containers/main/image changed",
                changes: [["path": "/spec/containers/main/image", "before": ["value": "web:1"], "after": ["value": "web:2"]]]),
        ],
        "removals": [
            [
                "id": "workload.default#modules.old", "type": "workload", "res_id": "modules.old", "definition": "",
                "action": "delete",
                "reason": "the set no longer has this workload",
            ],
            [
                "id": "s3.default#shared.files", "type": "s3", "res_id": "shared.files", "definition": "s3", "action": "keep",
                "reason": "nothing asks for it any more; a deployment does not destroy it",
            ],
        ],
        "manifests": [
            [
                "workload": "web", "awaits": [.string(db), "redis.default#shared.cache"],
                "objects": [
                    [
                        "object": "apps/v1 Deployment web", "action": "update",
                        "changes": [
                            [
                                "path": "/spec/template/spec/containers/main/image", "before": ["value": "web:1"],
                                "after": ["value": "web:2"],
                            ],
                            [
                                "path": "/spec/template/spec/containers/main/env/HOST/value",
                                "before": ["awaits": ["type": "postgres", "class": "default", "id": "modules.web.externals.db"]],
                            ],
                        ],
                    ], ["object": "v1 ConfigMap web-files", "action": "create", "changes": []],
                ],
            ],
            [
                "workload": "old", "awaits": [],
                "objects": [["object": "apps/v1 Deployment old", "action": "delete", "changes": []]],
            ],
        ],
    ]

    private static var quiet: JSON {
        var plan = plan
        plan["totals"] = ["create": 0, "update": 0, "replace": 0, "delete": 0, "keep": 5, "unused": 0]
        for key in ["nodes", "removals", "manifests"] { plan[key] = [] }
        return plan
    }

    private func gateway(_ answer: JSON = plan) async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "POST \(Self.base)/plans": .json(answer, status: 201)
            case "GET \(Self.base)/plans/3f2a91c07d5e4b68": .json(answer)
            case "GET \(Self.base)/plans":
                .json([
                    [
                        "id": "3f2a91c07d5e4b68", "mode": "incremental", "totals": Self.totals, "created_by": "user:ann",
                        "created_at": "2026-11-21T12:00:00.000Z", "deployment_id": "d1", "comment": "more memory",
                    ]
                ])
            case "POST \(Self.base)/deploys": .json(["id": "d1", "status": "in progress"], status: 201)
            default: nil
            }
        }
    }

    @Test func whatWouldBeDone() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        let outcome = await tool.run("plan")
        #expect(outcome.status == .done)
        try expectGolden(outcome.out, "plan.txt")
        #expect(outcome.err == "deploy exactly this with: martlet deploy --plan 3f2a91c07d5e4b68\n")
        #expect(gateway.requests.last?.body == [:])
        #expect(try JSON.parse(await tool.run("plan", "--output", "json").out) == Self.plan)
        try expectGolden(await tool.run("get", "plans").out, "plans.txt")
        tool.terminal = .init(isInput: true, isOutput: true, isError: true)
        #expect(await tool.run("plan").out.contains("\u{1b}[32m+ \"web:2\"\u{1b}[0m"))
    }

    @Test func aPlanOfLongAgoSaysWhatMoved() async throws {
        var stale = Self.plan
        stale["holds"] = false
        stale["deployment_id"] = "d1"
        stale["moved"] = [["member": "definition", "id": "postgres-dev", "message": "has another version"]]
        let outcome = await (try Tool(try await gateway(stale))).run("plan", "3f2a91c07d5e4b68")
        #expect(
            outcome.out.hasPrefix(
                """
                plan 3f2a91c07d5e4b68 for shop/development, incremental: more memory
                deployed as d1
                It no longer holds:
                    definition postgres-dev has another version
                """))
        #expect(outcome.err.isEmpty)
    }

    @Test func theExitCodeSaysWhetherThereIsSomethingToDo() async throws {
        let something = try Tool(try await gateway()), nothing = try Tool(try await gateway(Self.quiet))
        #expect(await something.run("plan", "--detailed-exitcode").status.rawValue == 2)
        #expect(await something.run("plan").status == .done)
        let none = await nothing.run("plan", "--detailed-exitcode")
        #expect(none.status == .done && none.out.hasSuffix("\nNothing to do: 5 kept.\n") && none.err.isEmpty)
        // What cannot be understood is no change.
        #expect(await nothing.run("plan", "--detailed-exitcode", "--delta", "a", "--set", "b").status == .failed)
        #expect(await nothing.run("plan", "--delta", "a", "--set", "b").status == .usage)
        #expect(await nothing.run("plan", "--detailed-exitcode", "--env", "other").status == .notFound)
    }

    @Test func whatIsPlannedIsSent() async throws {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        let text = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: .}}\n"
        let file = try tool.home.write(text, to: "score.yaml")
        _ = await tool.run("plan", "-f", file, "--image", "web:1", "--mode", "full", "--remove", Self.db, "--message", "why")
        #expect(
            gateway.requests.last?.body == [
                "files": [["name": .string(file), "score": .string(text), "image": "web:1", "sources": [:]]], "mode": "full",
                "removing": [.string(Self.db)], "comment": "why",
            ])
        for (flag, field) in [("--delta", "delta_id"), ("--set", "set_id"), ("--again", "plan_id")] {
            _ = await tool.run("plan", flag, "x")
            #expect(gateway.requests.last?.body?[field] == "x" && gateway.requests.last?.body?.object?.count == 1)
        }
        #expect(await tool.run("plan", "x", "--mode", "full").status == .usage)
        #expect(await tool.run("plan", "--image", "web:1").status == .usage)
    }

    @Test func aPlanIsDeployed() async throws {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        #expect(await tool.run("deploy", "--plan", "3f2a91c07d5e4b68").out == "deployment d1 in progress\n")
        #expect(gateway.requests.last?.body == ["plan_id": "3f2a91c07d5e4b68"])
        #expect(await tool.run("deploy", "--plan", "x", "--mode", "full").status == .usage)
        #expect(await tool.run("deploy", "--plan", "x", "--set", "0").status == .usage)
    }

    @Test func aStalePlanIsAConflictThatNamesWhatMoved() async throws {
        let message = "the plan 'x' no longer holds: definition a moved; definition b moved; definition c moved; .... Plan again"
        let gateway = try await ScriptedGateway { request in
            guard request.line == "POST \(Self.base)/deploys" else { return nil }
            let changes = ["a", "b", "c", "d"].map { (id: String) -> JSON in
                ["member": "definition", "id": .string(id), "message": "moved"]
            }
            return .error(409, "plan_stale", message, details: ["changes": .array(changes)])
        }
        let outcome = await (try Tool(gateway)).run("deploy", "--plan", "x")
        #expect(outcome.status == .conflict)
        #expect(outcome.err.contains("(plan_stale)") && outcome.err.hasSuffix("  definition c moved\n  definition d moved\n"))
    }
}
