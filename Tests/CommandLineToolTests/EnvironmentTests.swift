import CommandLineTool
import PlatformModel
import TestSupport
import Testing

/// `martlet env`: what is asked of the public API, in which order, and what people see.
@Suite struct EnvironmentTests {
    private static let app = "/orgs/acme/apps/shop"
    private static let base = app + "/envs/development"

    private static func listed(_ id: String, _ status: String, set: String, at minute: Int) throws -> JSON {
        let at = Timestamp(milliseconds: Int64(minute) * 60_000)
        return try JSON(
            encoding: Deployment(
                id: id, envID: "development", setID: set, deltaID: nil, fromID: "", comment: "", createdAt: at,
                createdBy: "user:1",
                status: DeploymentStatus(rawValue: status) ?? .failed, statusChangedAt: at, mode: .full))
    }

    private static func workload(_ image: String) -> JSON {
        [
            "profile": "humanitec/default-module", "spec": ["containers": ["main": ["image": .string(image)]]],
            "externals": ["db": ["type": "postgres"]],
        ]
    }

    private static let sets: [String: JSON] = [
        "s1": ["id": "s1", "modules": ["web": workload("web:1")], "shared": [:]],
        "s2": [
            "id": "s2", "modules": ["web": workload("web:2"), "api": workload("api:1")], "shared": ["front": ["type": "dns"]],
        ],
        "0": ["id": "0", "modules": [:], "shared": [:]],
    ]

    private static let plan: JSON = [
        "id": "p1", "app_id": "shop", "env_id": "production", "mode": "incremental", "comment": "", "holds": true, "moved": [],
        "totals": ["create": 1, "update": 1, "replace": 0, "delete": 0, "keep": 2, "unused": 0], "nodes": [], "removals": [],
        "manifests": [],
    ]

    /// `development` runs s2 since d2, `production` s1 since p0; `staging` is empty.
    private func gateway(
        production status: String = "succeeded", planned: JSON = Self.plan, created: Int = 201
    ) async throws -> ScriptedGateway {
        let d1 = try Self.listed("d1", "succeeded", set: "s1", at: 1), d2 = try Self.listed("d2", "succeeded", set: "s2", at: 2)
        let p0 = try Self.listed("p0", status, set: "s1", at: 3)
        let environments: [JSON] = [
            ["id": "development", "type": "development", "status": "active", "last_deploy": d2, "from_deploy": d2],
            ["id": "production", "type": "production", "status": "active", "last_deploy": p0, "from_deploy": p0],
            ["id": "staging", "type": "staging", "status": "active"],
        ]
        return try await ScriptedGateway { request in
            let path = request.line
            for environment in environments where path == "GET \(Self.app)/envs/\(environment["id"]?.string ?? "")" {
                return .json(environment)
            }
            if path.hasPrefix("GET \(Self.app)/sets/"), let set = Self.sets[String(path.split(separator: "/").last ?? "")] {
                return .json(set)
            }
            return switch path {
            case "GET \(Self.app)/envs": .json(.array(environments))
            case "POST \(Self.app)/envs":
                created == 201
                    ? .json(["id": "copy", "type": "development"], status: 201)
                    : .error(created, "conflict", "the environment 'copy' exists already")
            case "GET \(Self.base)/deploys": .json([d2, d1])
            case "GET \(Self.base)/deploys/d1": .json(d1)
            case "GET \(Self.app)/envs/production/deploys": .json([p0])
            case "GET \(Self.app)/envs/staging/deploys": .json([])
            case "POST \(Self.app)/deltas": .json(["id": "delta1"])
            case _ where request.method == "POST" && path.hasSuffix("/plans"): .json(planned, status: 201)
            case _ where request.method == "POST" && path.prefix(while: { $0 != "?" }).hasSuffix("/deploys"):
                .json(["id": "new", "status": "pending"], status: 201)
            default: nil
            }
        }
    }

    @Test(arguments: [["env", "create"], ["create", "env"]]) func anEnvironmentBeginsWithWhatAnotherRuns(_ words: [String])
        async throws
    {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        #expect(await tool.run(words + ["copy", "--from", "development"]).out == "environment copy created\n")
        #expect(
            gateway.body(of: "POST \(Self.app)/envs") == [
                "id": "copy", "name": "copy", "type": "development", "from_deploy_id": "d2",
            ])
        // A deployment, another type, deployed at once.
        let deployed = await tool.run(words + ["copy", "--from", "d1", "--type", "staging", "--name", "Copy", "--deploy"])
        #expect(deployed.out == "deployment new pending\n", "\(deployed)")
        #expect(
            gateway.body(of: "POST \(Self.app)/envs") == [
                "id": "copy", "name": "Copy", "type": "staging", "from_deploy_id": "d1",
            ])
        #expect(gateway.body(of: "POST \(Self.app)/envs/copy/deploys") == ["comment": "from development, deployment d1"])
        #expect(await tool.run(words + ["copy"]).status == .done)
        #expect(gateway.body(of: "POST \(Self.app)/envs") == ["id": "copy", "name": "copy"])
    }

    @Test func whatIsNotThereIsNothingToBeginWith() async throws {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        let unknown = await tool.run("env", "create", "copy", "--from", "developmint")
        #expect(unknown.status == .notFound && unknown.err.contains("did you mean 'development'?"), "\(unknown.err)")
        let empty = await tool.run("env", "clone", "staging", "copy")
        #expect(empty.status == .notFound && empty.err.contains("no deployment of the environment 'staging' has succeeded"))
        #expect(await tool.run("env", "create", "copy", "--deploy").status == .usage)
        #expect(await tool.run("env", "create", "copy", "--from", "d1", "--wait").status == .usage)
        #expect(!gateway.requests.contains { $0.method != "GET" })
    }

    @Test func aCloneIsCreatedAndDeployed() async throws {
        let gateway = try await gateway()
        let outcome = await (try Tool(gateway)).run("env", "clone", "development", "copy")
        #expect(outcome.status == .done && outcome.out == "deployment new pending\n")
        #expect(outcome.err == "environment copy created\n")
        #expect(gateway.lines.suffix(2) == ["POST \(Self.app)/envs", "POST \(Self.app)/envs/copy/deploys"])
        let taken = try await self.gateway(created: 409)
        let refused = await (try Tool(taken)).run("env", "clone", "development", "copy")
        #expect(refused.status == .conflict && refused.err.contains("martlet env promote development copy"))
        #expect(taken.lines.last == "POST \(Self.app)/envs")
    }

    /// What every command that deploys takes is not for nothing.
    @Test(arguments: [
        ["create", "copy", "--from", "development", "--deploy"], ["clone", "development", "copy"],
        ["promote", "development", "production", "--yes"], ["rollback", "development", "--yes"],
    ]) func theLimitAndThePlaceInTheQueueAreAskedFor(_ words: [String]) async throws {
        let gateway = try await gateway()
        let outcome = await (try Tool(gateway)).run(["env"] + words + ["--limit", "60", "--no-queue"])
        #expect(outcome.status == .done, "\(outcome.err)")
        #expect(gateway.lines.last?.hasSuffix("/deploys?timeout=60&queue=false") == true, "\(gateway.lines)")
    }

    @Test func aPromotionIsADeltaItsPlanAndAYes() async throws {
        let gateway = try await gateway()
        var tool = try Tool(gateway)
        let silent = await tool.run("env", "promote", "development", "production")
        #expect(silent.status == .usage && silent.err.contains("1 to create, 1 to update; 2 kept."), "\(silent.err)")
        tool.terminal = .init(isInput: true, isOutput: false, isError: false)
        tool.input = "n\n"
        let refused = await tool.run("env", "promote", "development", "production")
        #expect(refused.status == .failed && refused.err.hasSuffix("error: nothing was deployed\n"))
        #expect(!gateway.lines.contains("POST \(Self.app)/envs/production/deploys"))
        tool.input = "y\n"
        let done = await tool.run("env", "promote", "development", "production", "--no-color")
        #expect(done.status == .done && done.out == "deployment new pending\n")
        let name: JSON = "promote development, deployment d2"
        #expect(
            gateway.body(of: "POST \(Self.app)/deltas") == [
                "metadata": ["env_id": "production", "name": name],
                "modules": [
                    "add": ["api": Self.workload("api:1")], "remove": [],
                    "update": ["web": [["op": "replace", "path": "/spec/containers/main/image", "value": "web:2"]]],
                ], "shared": [["op": "add", "path": "/front", "value": ["type": "dns"]]],
            ])
        #expect(gateway.body(of: "POST \(Self.app)/envs/production/plans") == ["delta_id": "delta1", "comment": name])
        #expect(gateway.body(of: "POST \(Self.app)/envs/production/deploys") == ["plan_id": "p1"])
    }

    @Test func onlyAPlan() async throws {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        let outcome = await tool.run("env", "promote", "development", "production", "--plan", "--workload", "web")
        #expect(outcome.status == .done && outcome.out.contains("1 to create, 1 to update; 2 kept."))
        #expect(outcome.err.contains("martlet deploy --plan p1 --env production"))
        #expect(gateway.lines.last == "POST \(Self.app)/envs/production/plans")
        let delta = gateway.body(of: "POST \(Self.app)/deltas")
        #expect(delta?["modules"]?["add"] == [:] && delta?["shared"] == [] && delta?["modules"]?["update"]?["web"] != nil)
        let typo = await tool.run("env", "promote", "development", "production", "--workload", "wep")
        #expect(typo.status == .notFound && typo.err.contains("DELTA-105") && typo.err.contains("web"), "\(typo.err)")
    }

    @Test func aPromotionThatCannotBe() async throws {
        let gateway = try await gateway(production: "in progress")
        let tool = try Tool(gateway)
        let busy = await tool.run("env", "promote", "development", "production", "--yes")
        #expect(busy.status == .conflict && busy.err.contains("martlet get deploy p0 --env production"), "\(busy.err)")
        let absent = await tool.run("env", "promote", "development", "nowhere", "--yes")
        #expect(absent.status == .notFound && absent.err.contains("martlet env clone development nowhere"))
        #expect(await tool.run("env", "promote", "development", "development").status == .usage)
        #expect(!gateway.requests.contains { $0.method == "POST" })
        let same = try await self.gateway(production: "failed")
        let nothing = await (try Tool(same)).run("env", "promote", "d1", "production")
        #expect(nothing.status == .done && nothing.out.isEmpty)
        #expect(nothing.err.contains("nothing to promote") && nothing.err.contains("martlet deploy --env production"))
    }

    @Test func aDifferenceIsReadByPeopleAndByPrograms() async throws {
        let gateway = try await gateway()
        let tool = try Tool(gateway)
        try expectGolden(await tool.run("env", "diff", "production", "development").out, "env-diff.txt")
        #expect(await tool.run("env", "diff", "production", "d1").out.hasSuffix("\nThey are the same.\n"))
        #expect(await tool.run("env", "diff", "staging", "production").out.contains("+   added  workload web"))
        let body = try JSON.parse(Array(await tool.run("env", "diff", "production", "development", "--output", "json").out.utf8))
        #expect(body["from"] == ["env_id": "production", "deployment_id": "p0", "set_id": "s1"])
        #expect(body["changes"]?.array?.count == 4 && body["delta"]?["modules"]?["add"]?["api"] != nil)
        #expect(await tool.run("env", "diff", "production", "nothing").status == .notFound)
    }

    /// - Parameter all: the environment's deployments, the oldest first.
    private static func gateway(deployed all: [JSON]) async throws -> ScriptedGateway {
        try await ScriptedGateway { request in
            switch request.line {
            case "GET \(base)/deploys": .json(.array(all.reversed()))
            case "POST \(base)/plans": .json(plan, status: 201)
            case "POST \(base)/deploys": .json(["id": "new", "status": "pending"], status: 201)
            default: nil
            }
        }
    }

    @Test(arguments: [
        (["succeeded s1", "succeeded s2"], "d1"), (["succeeded s1", "succeeded s2", "failed s3"], "d2"),
        (["succeeded s1", "succeeded s2", "succeeded s2"], "d1"), (["succeeded s1", "succeeded s1"], "d1"),
        (["failed s1", "succeeded s2"], nil), ([], nil),
    ]) func rollBack(_ history: [String], _ expected: String?) async throws {
        let all = try history.enumerated().map { index, text in
            let parts = text.split(separator: " ").map(String.init)
            return try Self.listed("d\(index + 1)", parts[0], set: parts[1], at: index)
        }
        let gateway = try await Self.gateway(deployed: all)
        for words in [["rollback"], ["env", "rollback", "development"]] {
            let outcome = await (try Tool(gateway)).run(words + ["--yes"])
            guard let expected else {
                #expect(outcome.status == .notFound)
                #expect(!gateway.requests.contains { $0.method != "GET" })
                continue
            }
            #expect(outcome.status == .done, "\(outcome.err)")
            let set = all.first { $0["id"]?.string == expected }?["set_id"]
            #expect(
                gateway.body(of: "POST \(Self.base)/plans") == [
                    "set_id": set ?? .null, "comment": .string("roll back to \(expected)"),
                ])
            #expect(gateway.body(of: "POST \(Self.base)/deploys") == ["plan_id": "p1"])
        }
    }

    /// The values come back with the set, those of another version, or the newest.
    @Test(arguments: [([], "v1"), (["--values-version", "v0"], "v0"), (["--values-version", "."], nil)])
    func rollBackTheSharedValues(_ words: [String], _ expected: String?) async throws {
        let all = try (1...2).map { index in
            var listed = try Self.listed("d\(index)", "succeeded", set: "s1", at: index)
            listed["value_set_version_id"] = .string("v\(index)")
            return listed
        }
        let gateway = try await Self.gateway(deployed: all)
        let outcome = await (try Tool(gateway)).run(["rollback", "--yes"] + words)
        #expect(outcome.status == .done && outcome.err.contains("back to deployment d1"), "\(outcome.err)")
        #expect(gateway.body(of: "POST \(Self.base)/plans")?["value_set_version_id"] == expected.map(JSON.string))
    }

    /// Behind a deployment that has not ended nothing can be promised, and going back is still possible.
    @Test func rollBackWhileADeploymentIsStuck() async throws {
        let gateway = try await gateway(production: "in progress")
        let outcome = await (try Tool(gateway)).run("env", "rollback", "production", "--to", "p0", "--yes")
        #expect(outcome.status == .done && outcome.err.contains("waits for its end"), "\(outcome.err)")
        #expect(
            gateway.body(of: "POST \(Self.app)/envs/production/deploys") == ["set_id": "s1", "comment": "roll back to p0"])
        let unknown = await (try Tool(gateway)).run("env", "rollback", "production", "--to", "nothing", "--yes")
        #expect(unknown.status == .notFound)
    }

    /// What stopped a deletion ends the wait.
    @Test func aDeletionThatStopsSaysWhy() async throws {
        let cause = "not everything could be removed: postgres.default#modules.web.externals.db: DRV-210 has rows"
        let gateway = try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)":
                .json(["id": "development", "type": "development", "status": "deleting", "status_message": .string(cause)])
            case "GET \(Self.base)/resources":
                .json([
                    ["type": "postgres", "class": "default", "res_id": "modules.web.externals.db"],
                    ["type": "workload", "class": "default", "res_id": "modules.web"],
                    ["type": "dns", "class": "default", "res_id": "shared.front"],
                ])
            case "GET /orgs/acme/resources/types":
                .json([["type": "postgres", "category": "database"], ["type": "dns", "category": "dns"]])
            case "DELETE \(Self.base)": .json(.null, status: 202)
            default: nil
            }
        }
        let outcome = await (try Tool(gateway)).run("env", "delete", "development", "--yes")
        #expect(outcome.status == .failed)
        #expect(outcome.err.hasSuffix("error: env 'development': \(cause)\n"), "\(outcome.err)")
        #expect(
            outcome.err.hasPrefix(
                """
                environment development (development)
                  workload web
                  resource dns.default#shared.front
                  resource postgres.default#modules.web.externals.db (while it holds data it stays, and stops the deletion)

                """), "\(outcome.err)")
    }
}
