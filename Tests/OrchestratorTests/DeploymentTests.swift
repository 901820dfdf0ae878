import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct DeploymentTests {
    @Test func aScoreFileBecomesResourcesAndThenAWorkload() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let id = try await harness.deployed()
            #expect(Set(harness.runner.words) == ["provision postgres", "provision route", "deploy web"])
            #expect(harness.runner.words.last == "deploy web")

            let postgres = try #require(harness.runner.orders.compactMap(\.resource).first { $0.identity.type == "postgres" })
            #expect(postgres.identity.description == "postgres.default#modules.web.externals.db")
            #expect(postgres.driverType == "martlet/postgres" && postgres.inputs["values"] == ["server": "one"])
            let route = try #require(harness.runner.orders.compactMap(\.resource).first { $0.identity.type == "route" })
            #expect(route.inputs["params"] == ["path": "/"])

            let environment = try await harness.must(200, .get, Harness.environment)
            #expect(environment["from_deploy"]?["id"]?.string == id && environment["last_deploy"]?["id"]?.string == id)
            let resources = try await harness.resources()
            #expect(resources.compactMap { $0["type"]?.string } == ["postgres", "route", "workload"])
            #expect(resources.allSatisfy { $0["status"] == "active" && $0["deploy_id"]?.string == id })
            #expect(resources.first?["resource"]?["host"] == "db.internal")
            #expect(resources.first?["secret_refs"]?["password"]?["ref"]?.string == FakeRunner.password(of: postgres))
            try await explains(id, harness)
        }
    }

    private func explains(_ id: String, _ harness: Harness) async throws {
        let base = "\(Harness.environment)/deploys/\(id)"
        let explain = try await harness.must(200, .get, base + "/explain").array ?? []
        let postgres = try #require(explain.first { $0["resource"] == "postgres.default#modules.web.externals.db" })
        #expect(postgres["winner"]?["def_id"] == "pg-all" && postgres["winner"]?["verdict"]?.string?.isEmpty == false)
        let graph = try await harness.must(200, .get, base + "/graph")
        let nodes = graph["nodes"]?.array ?? []
        #expect(nodes.count == 3)
        let workload = try #require(nodes.first { $0["type"] == "workload" })
        #expect(
            Set(workload["depends_on"]?.array ?? [])
                == ["postgres.default#modules.web.externals.db", "route.default#modules.web.externals.site"])
        #expect(graph["id"] == (try await harness.must(200, .get, base)["dependency_graph_id"]))
    }

    /// Secrets travel as references in slots; each effect is granted what it reads, and a running workload keeps its grant.
    @Test func aWorkloadGetsReferencesAndNeverSecrets() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let id = try await harness.deployed()
            let order = try #require(harness.runner.orders.last)
            let work = try #require(order.workload)
            let objects = JSON.array(work.objects)
            #expect(work.objects.contains { $0["kind"] == "Deployment" } && work.objects.contains { $0["kind"] == "Secret" })
            let slot = try #require(work.slots.first { $0.pointer.hasSuffix("DB_URL") }, "\(work.slots)")
            #expect(objects[JSONPointer(tokens: slot.pointer.split(separator: "/").map(String.init))] == .null)
            let references = work.slots.references
            #expect(references.count == 1 && slot.parts.first == .text("postgres://shop:"))
            let grant = try #require(harness.broker.current.given[order.request.grant])
            #expect(grant.reads == references && !grant.standing)
            #expect(grant.writePrefix == "orgs/acme/apps/shop/envs/development/resources")
            let standing = try #require(harness.broker.current.grants["standing.\(order.key.node)"])
            #expect(standing.reads == references && standing.standing && standing.writePrefix == nil)
            #expect(order.key.deploymentID == id && order.key.attempt == 1 && order.request.fence > 0)
        }
    }

    @Test func whatDependsOnNothingRunsAtTheSameTime() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds()
            let id = try await harness.deploy()
            try await eventually("both resources ordered") {
                Set(harness.runner.words) == ["provision postgres", "provision route"]
            }
            gate.open()
            try await harness.mustSucceed(id)
        }
    }

    /// A chain: what one resource gave is an input of the next.
    @Test func outputsAreInputsOfWhatDependsOnThem() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "net", "config",
                values: ["db": "${resources.postgres#modules.web.externals.db.outputs.password}", "plain": "yes"],
                criteria: [[:]])
            try await harness.deployed(
                Harness.score.replacing("resources:\n", with: "resources:\n  net:\n    type: config\n"))
            let config = try #require(harness.runner.orders.compactMap(\.resource).first { $0.identity.type == "config" })
            #expect(config.inputs["values"] == ["db": .null, "plain": "yes"])
            #expect(config.slots.map(\.pointer) == ["/values/db"] && config.slots.references.count == 1)
            let words = harness.runner.words
            #expect(words.firstIndex(of: "provision postgres") ?? 9 < words.firstIndex(of: "provision config") ?? 0)
        }
    }

    @Test func aFailureStopsWhatNeedsItAndNothingElse() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                order.words == "provision postgres"
                    ? FakeRunner.failure("DRV-301", "the server does not answer") : FakeRunner.success(of: order)
            }
            let first = try await harness.deploy()
            let second = try await harness.deploy()
            #expect(try await harness.ended(first)["status"] == "failed")
            let errors = try await harness.errors(of: first)
            #expect(errors.count == 1)
            #expect(
                errors.first?["code"] == "DRV-301" && errors.first?["object_id"] == "postgres.default#modules.web.externals.db")
            #expect(errors.first?["scope"] == "resource" && errors.first?["error_type"] == "provision")
            #expect(!harness.runner.words.contains("deploy web"))
            let resources = try await harness.resources()
            #expect(resources.first { $0["type"] == "postgres" }?["status"] == "pending")
            #expect(resources.first { $0["type"] == "route" }?["status"] == "active")
            // The next in the queue runs; what failed is tried again, what is there is kept.
            #expect(try await harness.ended(second)["status"] == "failed")
            harness.runner.performs()
            harness.runner.forget()
            let third = try await harness.redeploy()
            try await harness.mustSucceed(third)
            #expect(harness.runner.words == ["provision postgres", "deploy web"])
        }
    }

    @Test func anUnknownOutcomeIsShownAndNotTriedAgain() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                guard order.words == "provision postgres" else { return FakeRunner.success(of: order) }
                return ActionReply(
                    state: .unknown, failure: ActionFailure(code: "DRV-009", message: "look for it by hand", retryable: false))
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            #expect(try await harness.errors(of: id).first?["code"] == "DRV-009")
            #expect(harness.runner.words.filter { $0 == "provision postgres" }.count == 1)
            #expect(try await harness.count("SELECT count(*) AS count FROM orchestrator.steps WHERE state = 'unknown'") == 1)
        }
    }

    @Test func whatCannotBePlannedSaysWhyAtOnce() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(204, .delete, "/orgs/acme/resources/defs/pg-all")
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(
                errors.contains { $0["code"]?.string?.hasPrefix("MATCH-2") == true && $0["error_type"] == "match" }, "\(errors)")
            #expect(harness.runner.orders.isEmpty)
            let noPlan = try await harness.call(.get, "\(Harness.environment)/deploys/\(id)/explain")
            #expect(noPlan.status == 409 && noPlan.message.contains(id))
        }
    }

    /// Nothing to do writes no step but the plan's.
    @Test func aRedeploymentTouchesWhatChanged() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            let same = try await harness.redeploy()
            try await harness.mustSucceed(same)
            #expect(harness.runner.orders.isEmpty)
            #expect(
                try await harness.count("SELECT count(*) AS count FROM orchestrator.steps WHERE deployment_id = \(same)") == 1)
            // A new version of the postgres definition changes the postgres and what depends on it.
            try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/pg-all", ["driver_inputs": ["values": ["server": "two"]]])
            try await harness.mustSucceed(try await harness.redeploy())
            #expect(harness.runner.words == ["provision postgres", "deploy web"])
            #expect(harness.runner.orders.first?.resource?.inputs["values"] == ["server": "two"])
            harness.runner.forget()
            try await harness.mustSucceed(try await harness.redeploy(["mode": "full"]))
            #expect(Set(harness.runner.words) == ["provision postgres", "provision route", "deploy web"])
        }
    }

    @Test func anotherDefinitionReplacesTheResource() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            try await harness.define(
                "pg-shop", "postgres", driver: "martlet/postgres", values: ["server": "two"], criteria: [["app_id": "shop"]])
            harness.runner.forget()
            try await harness.mustSucceed(try await harness.redeploy())
            #expect(harness.runner.words == ["destroy postgres", "provision postgres", "deploy web"])
            // It is destroyed with what it was made with.
            #expect(harness.runner.orders.first?.resource?.inputs["values"] == ["server": "one"])
            #expect(try await harness.resources().first?["def_id"] == "pg-shop")
        }
    }

    @Test func rollingBackDeploysTheOlderSet() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let first = try await harness.deployed()
            let firstSet = try await harness.must(200, .get, "\(Harness.environment)/deploys/\(first)")["set_id"]
            let second = try await harness.deployed(Harness.score.replacing("web:1", with: "web:2"))
            let changed = try await harness.must(200, .get, "\(Harness.environment)/deploys/\(second)")
            #expect(changed["set_id"] != firstSet && changed["from_id"]?.string == first)
            harness.runner.forget()
            try await harness.must(204, .put, Harness.environment + "/from_deploy_id", .string(first))
            try await harness.must(404, .put, Harness.environment + "/from_deploy_id", "nope")
            let environment = try await harness.must(200, .get, Harness.environment)
            #expect(environment["from_deploy"]?["id"]?.string == first && environment["last_deploy"]?["id"]?.string == second)
            let back = try await harness.redeploy()
            try await harness.mustSucceed(back)
            let deployment = try await harness.must(200, .get, "\(Harness.environment)/deploys/\(back)")
            #expect(deployment["set_id"] == firstSet && deployment["from_id"]?.string == first)
            #expect(harness.runner.words == ["deploy web"])
            let listed = try await harness.must(200, .get, Harness.environment + "/deploys").array?.compactMap {
                $0["id"]?.string
            }
            #expect(listed == [back, second, first], "newest first")
        }
    }

    @Test func anEnvironmentRunsOneDeploymentAtATime() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds()
            let first = try await harness.deploy()
            let second = try await harness.deploy(Harness.score.replacing("web:1", with: "web:2"))
            try await eventually("both resources ordered") { harness.runner.orders.count == 2 }
            #expect(try await harness.must(200, .get, "\(Harness.environment)/deploys/\(second)")["status"] == "pending")
            // Another environment does not wait.
            try await harness.must(
                201, .post, "/orgs/acme/apps/shop/envs", ["id": "test", "name": "Test", "type": "development"])
            let other = try await harness.deploy(to: "/orgs/acme/apps/shop/envs/test")
            try await eventually("the other environment's orders") {
                harness.runner.orders.contains { $0.key.deploymentID == other }
            }
            #expect(!harness.runner.orders.contains { $0.key.deploymentID == second })
            gate.open()
            try await harness.mustSucceed(first)
            try await harness.mustSucceed(second)
            try await harness.ended(other, in: "/orgs/acme/apps/shop/envs/test")
            let orders = harness.runner.orders.map(\.key.deploymentID)
            #expect((orders.lastIndex(of: first) ?? 99) < (orders.firstIndex(of: second) ?? 0))
        }
    }

    @Test func workloadsAreDeployedInTheOrderThatTheyAskFor() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            func workload(_ when: String?, _ variables: JSON = [:]) -> JSON {
                var members: [String: JSON] = [
                    "profile": "humanitec/default-module",
                    "spec": ["containers": ["main": ["id": "main", "image": "registry.example/x:1", "variables": variables]]],
                    "externals": ["db": ["type": "postgres"]],
                ]
                members["deploy"] = when.map { ["when": .string($0)] }
                return .object(members)
            }
            func deploy(_ modules: JSON) async throws -> String {
                let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["add": modules]])
                return try await harness.redeploy(["delta_id": delta["id"] ?? .null])
            }
            let id = try await deploy([
                "a-last": workload("after"), "b-main": workload(nil), "c-main": workload("deploy"), "d-first": workload("before"),
            ])
            try await harness.mustSucceed(id)
            let deployed = harness.runner.orders.compactMap(\.workload?.workloadID)
            #expect(deployed.first == "d-first" && deployed.last == "a-last" && deployed.count == 4, "\(deployed)")
            // What is not deployed again is not waited for.
            harness.runner.forget()
            try await harness.mustSucceed(try await deploy(["a-last": workload("after", ["X": "1"])]))
            #expect(harness.runner.words == ["deploy a-last"])
        }
    }

    /// A workload that a delta takes out goes; the resources that nothing asks for any more stay until somebody deletes them.
    @Test func aWorkloadThatIsTakenOutIsRemoved() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.deployed()
            harness.runner.forget()
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["remove": ["web"]]])
            try await harness.mustSucceed(try await harness.redeploy(["delta_id": delta["id"] ?? .null]))
            #expect(harness.runner.words == ["remove web"])
            #expect(try await harness.resources().compactMap { $0["type"]?.string } == ["postgres", "route"])
            #expect(harness.broker.current.grants.values.allSatisfy { !$0.standing })
        }
    }

    /// The outputs of a resource of type `workload` patch the workload, which is destroyed with what it was made with.
    @Test func aDefinitionOfTypeWorkloadPatchesIt() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.define(
                "scaled", "workload", values: ["update": [["op": "add", "path": "/spec/replicas", "value": 3]]], criteria: [[:]])
            try await harness.deployed()
            #expect(harness.runner.words.suffix(2) == ["provision workload", "deploy web"])
            let deployment = harness.runner.orders.last?.workload?.objects.first { $0["kind"] == "Deployment" }
            #expect(deployment?["spec"]?["replicas"] == 3)
            harness.runner.forget()
            let delta = try await harness.must(200, .post, "/orgs/acme/apps/shop/deltas", ["modules": ["remove": ["web"]]])
            try await harness.mustSucceed(try await harness.redeploy(["delta_id": delta["id"] ?? .null]))
            #expect(harness.runner.words == ["remove web", "destroy workload"])
            #expect(harness.runner.orders.last?.resource?.inputs["values"]?["update"] != nil)
        }
    }
}
