import CommandLineTool
import FoundationEssentials
import Glibc
import PlatformModel
import TestSupport
import Testing

/// `explain`, `graph` and `logs`.
@Suite struct PictureTests {
    private static let base = "/orgs/acme/apps/shop/envs/development"

    private static func node(_ id: String, _ definition: String, _ action: String, _ needs: [JSON]) -> JSON {
        let type = String(id.prefix { $0 != "." })
        return [
            "id": .string(id), "type": .string(type), "definition": .string(definition), "action": .string(action),
            "reason": "new",
            "depends_on": .array(needs),
        ]
    }

    private static let graph: JSON = [
        "id": "g1",
        "nodes": [
            node(
                "workload.default#modules.web", "martlet-workload", "create",
                ["postgres.default#modules.web.externals.db", "dns.default#shared.\"name\""]),
            node("workload.default#modules.jobs", "martlet-workload", "update", ["postgres.default#modules.web.externals.db"]),
            node(
                "postgres.default#modules.web.externals.db", "postgres-dev", "keep", ["postgres-instance.default#shared.server"]),
            node("postgres-instance.default#shared.server", "server\\dev", "keep", []),
            node("dns.default#shared.\"name\"", "dns-dev", "create", []),
        ],
    ]

    private static let explanation: JSON = [
        [
            "resource": "postgres.default#modules.web.externals.db",
            "winner": [
                "def_id": "postgres-dev", "def_version_id": "v1", "criteria_id": "c1", "rank": 1, "decided_by": "env_type",
                "verdict": "matches env_type 'development'; more specific than 'postgres-any' because of env_type",
            ],
            "others": [
                ["def_id": "postgres-any", "criteria_id": "c2", "field": "env_type", "verdict": "says nothing of env_type"],
                [
                    "def_id": "postgres-prod", "criteria_id": "c3", "field": "env_type",
                    "verdict": "env_type is 'production', this environment's is 'development'",
                ],
            ],
        ],
        ["resource": "s3.default#shared.files", "others": []],
    ]

    private func gateway() async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)": .json(["id": "development", "last_deploy": ["id": "d9"]])
            case "GET \(Self.base)/deploys/d9/graph": .json(Self.graph)
            case "GET \(Self.base)/deploys/d9/explain": .json(Self.explanation)
            case _ where request.target.hasPrefix("\(Self.base)/logs?"):
                .json([
                    Self.entry("second\u{1b}[31m", "error", 2), Self.entry("first", "info", 1),
                ])
            case _ where request.target.hasPrefix("\(Self.base)/logs/stream?"):
                .events(
                    "id: 1\nevent: log\ndata: \(Self.entry("first", "info", 1).canonical)\n\n"
                        + "id: 2\nevent: log\ndata: \(Self.entry("second", "info", 2).canonical)\n\nid: 3\nevent: end\ndata: {}\n\n"
                )
            default: nil
            }
        }
    }

    private static func entry(_ payload: String, _ level: String, _ second: Int) -> JSON {
        [
            "payload": .string(payload), "level": .string(level), "timestamp": .string("2026-11-21T12:00:0\(second).000Z"),
            "workload_id": "web", "container_id": "main",
        ]
    }

    @Test func tree() async throws {
        let tool = try Tool(try await gateway())
        try expectGolden(await tool.run("graph").out, "graph.txt")
        #expect(try JSON.parse(await tool.run("graph", "d9", "--output", "json").out) == Self.graph)
    }

    @Test func graphvizReadsTheDot() async throws {
        let tool = try Tool(try await gateway())
        let dot = await tool.run("graph", "--format", "dot").out
        try expectGolden(dot, "graph.dot")
        try #require(access("/usr/bin/dot", X_OK) == 0, "install graphviz")
        let source = try tool.home.write(dot, to: "graph.dot"), result = tool.home.file("graph.plain")
        #expect(spawn("/usr/bin/dot", ["-Tplain", source, "-o", result]) == 0)
        let lines = (tool.home.read("graph.plain") ?? "").split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("node ") }.count == 5)
        #expect(lines.filter { $0.hasPrefix("edge ") }.count == 4)
    }

    @Test func explain() async throws {
        let tool = try Tool(try await gateway())
        try expectGolden(await tool.run("explain").out, "explain.txt")
        let one = await tool.run("explain", "d9", "--resource", "s3")
        #expect(one.out == "s3.default#shared.files\n  no definition matches\n")
        let none = await tool.run("explain", "--resource", "s3.default#shared.flies")
        #expect(none.status == .notFound)
        #expect(none.err.contains("did you mean 's3.default#shared.files'?"))
    }

    @Test func logs() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        let piped = await tool.run("logs", "--workload", "web", "--container", "main", "--deployment", "d9", "--limit", "20")
        #expect(piped.out == "2026-11-21T12:00:01.000Z web/main first\n2026-11-21T12:00:02.000Z web/main second\u{1b}[31m\n")
        #expect(
            gateway.lines.last == "GET \(Self.base)/logs?limit=20&workload_id=web&container_id=main&deployment_id=d9")
        tool.terminal = .init(isInput: true, isOutput: true, isError: true)
        #expect(!(await tool.run("logs", "--no-color").out.contains("\u{1b}")))
        let followed = await tool.run("logs", "--follow", "--no-color")
        #expect(followed.status == .done)
        #expect(followed.out == "2026-11-21T12:00:01.000Z web/main first\n2026-11-21T12:00:02.000Z web/main second\n")
        #expect(await tool.run("logs", "--limit", "0").status == .usage)
    }

    @Test func nothingDeployedYet() async throws {
        let gateway = try await ScriptedGateway { $0.line == "GET \(Self.base)" ? .json(["id": "development"]) : nil }
        let outcome = await (try Tool(gateway)).run("graph")
        #expect(outcome.status == .notFound)
        #expect(outcome.err == "error: nothing was deployed to 'development' yet\n")
    }
}
