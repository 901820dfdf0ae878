import AccessControl
import PlatformModel
import Synchronization
import TestSupport
import Testing

extension ApplianceTests {
    /// Every public route once, through the gateway. `Appliance.call` judges each answer by the published contract where that is
    /// there; the codes here are the documented ones.
    @Suite struct ContractTests {
        /// Calls routes, and remembers which.
        final class Walk: Sendable {
            let appliance: Appliance
            private let visited = Mutex<Set<PublicRoute>>([])

            init(_ appliance: Appliance) { self.appliance = appliance }

            var missing: [String] {
                let visited = visited.withLock { $0 }
                return PublicRoute.all.filter { !visited.contains($0) }.map { "\($0.method) \($0.pattern)" }
            }

            func note(_ method: String, _ path: String) {
                let path = String(path.prefix { $0 != "?" })
                guard case .found(let match) = PublicRouteTable.publicAPI.match(method: method, path: path) else { return }
                visited.withLock { _ = $0.insert(match.route) }
            }

            @discardableResult
            func callAsFunction(
                _ status: Int, _ method: String, _ path: String, _ body: JSON? = nil, token: String? = nil,
                sourceLocation: SourceLocation = #_sourceLocation
            ) async throws -> JSON {
                note(method, path)
                let answer = try await appliance.call(method, path, body, token: token)
                try #require(answer.status == status, "\(method) \(path) -> \(answer)", sourceLocation: sourceLocation)
                if method != "GET" {
                    // Every write, and every refused one, is on record: once, and as what it was.
                    let entries = try await appliance.record(of: answer)
                    let outcome = status < 400 ? "done" : "refused"
                    #expect(
                        entries.map { "\($0.outcome) \($0.status) \($0.method)" } == ["\(outcome) \(status) \(method)"],
                        "\(method) \(path)", sourceLocation: sourceLocation)
                    #expect(entries.first?.path == String(path.prefix { $0 != "?" }), sourceLocation: sourceLocation)
                }
                return answer.body
            }
        }

        static let org = "/orgs/acme", app = org + "/apps/walk", environment = app + "/envs/development"

        @Test func everyRoute() async throws {
            let walk = Walk(try await Appliance.shared())
            try await signIn(walk)
            try await organization(walk)
            try await people(walk)
            try await appliance(walk)
            try await definitions(walk)
            try await preparations(walk)
            try await roles(walk)
            for level in [Self.app, Self.environment] { try await values(walk, level) }
            try await secretStores(walk)
            try await deployments(walk)
            try await end(walk)
            #expect(walk.missing == [])
        }

        private func signIn(_ walk: Walk) async throws {
            let session = try await walk(200, "POST", "/auth/login", ["username": "alice", "password": "alice-demo"])
            let token = try #require(session["token"]?.string)
            #expect(try await walk(200, "GET", "/openapi.json", token: "") == APIDocumentChecks.shared.document)
            let me = try await walk(200, "GET", "/current-user", token: token)
            #expect(me["name"] == "Alice Ahlgren" && me["roles"]?["/orgs/acme"] == "administrator")
            try await walk(204, "POST", "/auth/logout", token: token)
            try await walk(401, "GET", "/current-user", token: token)
            try await walk(401, "POST", "/auth/login", ["username": "alice", "password": "wrong"])
            let made = try await walk(201, "POST", Self.org + "/tokens", ["name": "walker", "org_role": "member"])
            let id = try #require(made["id"]?.string), secret = try #require(made["token"]?.string)
            let listed = try await walk(200, "GET", Self.org + "/tokens").array ?? []
            #expect(listed.contains { $0["id"]?.string == id } && listed.allSatisfy { $0["token"] == nil })
            try await walk(403, "POST", Self.org + "/tokens", ["name": "more"], token: secret)
            try await walk(204, "DELETE", Self.org + "/tokens/\(id)")
            try await walk(401, "GET", "/current-user", token: secret)
        }

        private func organization(_ walk: Walk) async throws {
            #expect(try await walk(200, "GET", "/orgs").array?.compactMap { $0["id"] } == ["acme"])
            #expect(try await walk(200, "GET", Self.org)["id"] == "acme")
            #expect(try await walk(200, "GET", Self.org + "/limits").array?.count == OrganizationLimit.allCases.count)
            try await walk(201, "POST", Self.org + "/env-types", ["id": "walked", "description": "For a walk"])
            try await walk(409, "POST", Self.org + "/env-types", ["id": "walked"])
            #expect(try await walk(200, "GET", Self.org + "/env-types").array?.count ?? 0 >= 2)
            #expect(try await walk(200, "GET", Self.org + "/env-types/walked")["description"] == "For a walk")
            try await walk(200, "GET", Self.org + "/env-types/walked/drift")
            try await walk(200, "PUT", Self.org + "/env-types/walked/drift", ["schedule": "off"])
            try await walk(200, "PUT", Self.org + "/env-types/walked/limits", ["step_seconds": 600])
            #expect(try await walk(200, "GET", Self.org + "/env-types/walked/limits")["step_seconds"] == 600)
            try await walk(204, "DELETE", Self.org + "/env-types/walked")
            try await walk(404, "GET", Self.org + "/env-types/walked")
            let types = try await walk(200, "GET", Self.org + "/resources/types").array ?? []
            #expect(types.contains { $0["type"] == "postgres" })
            let own: JSON = ["type": "acme/queue", "use": "direct", "name": "Queue", "category": "messaging"]
            try await walk(200, "POST", Self.org + "/resources/types", own)
            try await walk(409, "POST", Self.org + "/resources/types", own)
            let queue = Self.org + "/resources/types/acme%2Fqueue"
            #expect(try await walk(200, "PATCH", queue, ["category": "queues"])["category"] == "queues")
            #expect(try await walk(200, "PUT", queue, ["use": "indirect"])["use"] == "indirect")
            try await walk(403, "DELETE", Self.org + "/resources/types/postgres")
            let classes = Self.org + "/resources/types/postgres/classes"
            try await walk(200, "POST", classes, ["id": "walked", "description": "d"])
            try await walk(409, "POST", classes, ["id": "walked", "description": "d"])
            try await walk(400, "POST", classes, ["id": "-", "description": "d"])
            #expect(try await walk(200, "PATCH", classes + "/walked", ["description": "e"])["description"] == "e")
            try await walk(200, "GET", classes + "/walked")
            let classesThere = try await walk(200, "GET", Self.org + "/resources/classes")
            #expect(classesThere.array?.contains { $0["id"] == "walked" && $0["resource_type"] == "postgres" } == true)
            try await walk(204, "DELETE", classes + "/walked")
            try await walk(404, "GET", classes + "/walked")
            try await walk(204, "DELETE", queue)
            try await walk(404, "PATCH", queue, ["category": "queues"])
        }

        private func definitions(_ walk: Walk) async throws {
            let all = Self.org + "/resources/defs", one = all + "/walk-config"
            let body: JSON = [
                "id": "walk-config", "name": "Walk", "type": "config", "driver_type": "martlet/echo",
                "driver_inputs": ["values": ["a": "b"]],
            ]
            try await walk(200, "POST", all, body)
            try await walk(409, "POST", all, body)
            try await walk(400, "POST", all, ["id": "other", "name": "x", "type": "confg", "driver_type": "martlet/echo"])
            #expect(try await walk(200, "GET", all + "?res_type=config").array?.contains { $0["id"] == "walk-config" } == true)
            #expect(try await walk(200, "GET", one)["driver_inputs"]?["values"] == ["a": "b"])
            let put = try await walk(
                200, "PUT", one, ["name": "Again", "driver_type": "martlet/echo", "driver_inputs": ["values": [:]]])
            #expect(put["name"] == "Again" && put["driver_inputs"]?["values"] == [:])
            #expect(try await walk(200, "PATCH", one, ["name": "Patched"])["name"] == "Patched")
            let criterion = try await walk(200, "POST", one + "/criteria", ["app_id": "walk"])
            #expect(try await walk(200, "GET", one + "/impact")["resources"] == [])
            let kept = try await walk(200, "PUT", one + "/criteria", [["app_id": "walk"], ["class": "walk"]])
            #expect(kept.array?.contains { $0["id"] == criterion["id"] } == true)
            try await walk(204, "DELETE", one + "/criteria/\(criterion["id"]?.string ?? "")")
            try await walk(404, "DELETE", one + "/criteria/\(criterion["id"]?.string ?? "")")
            let versions = try await walk(200, "GET", one + "/versions").array ?? []
            #expect(versions.count == 3 && versions.first?["active"] == true)
            let first = one + "/versions/\(versions.last?["id"]?.string ?? "")"
            #expect(try await walk(200, "GET", first)["driver_inputs"]?["values"] == ["a": "b"])
            try await walk(204, "POST", first + "/actions/promote")
            #expect(try await walk(200, "GET", one)["driver_inputs"]?["values"] == ["a": "b"])
            try await walk(404, "POST", one + "/versions/none/actions/promote")
            try await walk(204, "DELETE", one)
            try await walk(404, "GET", one)
            try await accounts(walk)
            try await drivers(walk)
            try await profiles(walk)
        }

        private func profiles(_ walk: Walk) async throws {
            let all = Self.org + "/workload-profiles", one = all + "/acme%2Fwalked"
            var body: JSON = [
                "id": "walked", "spec_definition": ["properties": ["containers": ["type": "collection"]]],
                "workload_profile_chart": ["id": "humanitec/default-module", "version": "1.0.0"],
            ]
            #expect(try await walk(201, "POST", all, body)["id"] == "acme/walked")
            try await walk(409, "POST", all, body)
            try await walk(
                400, "POST", all, ["id": "other", "spec_definition": [:], "workload_profile_chart": ["id": "x", "version": "1"]])
            #expect(try await walk(200, "GET", all).array?.contains { $0["id"] == "acme/walked" } == true)
            body["id"] = nil
            body["version"] = "two"
            #expect(try await walk(200, "PUT", one, body)["version"] == "two")
            #expect(try await walk(200, "GET", one)["version"] == "two")
            #expect(try await walk(200, "GET", one + "/versions").array?.count == 2)
            #expect(try await walk(200, "GET", one + "/versions/latest")["id"] == "two")
            try await walk(200, "GET", Self.org + "/workload-profile-features")
            try await walk(200, "GET", Self.org + "/workload-profile-chart-versions")
            try await walk(403, "DELETE", all + "/humanitec%2Fdefault-job")
            try await walk(204, "DELETE", one)
            try await walk(404, "GET", one)
        }

        private func accounts(_ walk: Walk) async throws {
            let all = Self.org + "/resources/accounts", one = all + "/walked"
            let types = try await walk(200, "GET", Self.org + "/resources/account-types")
            #expect(types.array?.contains { $0["type"] == "aws" } == true)
            let body: JSON = [
                "id": "walked", "name": "Walked", "type": "username-password",
                "credentials": ["username": "ann", "password": "walked-password"],
            ]
            try await walk(204, "POST", all + "?dry_run=true", body)
            #expect(try await walk(200, "POST", all, body)["is_used"] == false)
            try await walk(409, "POST", all, body)
            #expect(try await walk(200, "GET", all).array?.contains { $0["id"] == "walked" } == true)
            #expect(try await walk(200, "PATCH", one, ["name": "Other"])["name"] == "Other")
            #expect(try await walk(200, "GET", one)["credentials"] == nil)
            try await walk(200, "POST", one + "/actions/check")
            try await walk(204, "DELETE", one)
            try await walk(404, "DELETE", one)
        }

        private func drivers(_ walk: Walk) async throws {
            let all = Self.org + "/resources/drivers", one = all + "/walk-boxes"
            var body: JSON = [
                "id": "walk-boxes", "type": "config", "target": "https://drivers.example.com/", "inputs_schema": [:],
                "account_types": [],
            ]
            try await walk(200, "POST", all, body)
            try await walk(409, "POST", all, body)
            #expect(try await walk(200, "GET", all).array?.contains { $0["id"] == "walk-boxes" } == true)
            body["id"] = nil
            body["target"] = "https://drivers.example.com/v2"
            #expect(try await walk(200, "PUT", one, body)["target"] == "https://drivers.example.com/v2")
            #expect(try await walk(200, "GET", one)["org_id"] == "acme")
            body["target"] = "unix:///run/martlet/broker.sock"
            try await walk(400, "PUT", one, body)
            try await walk(204, "DELETE", one)
            try await walk(404, "DELETE", one)
        }

        private static let module: JSON = [
            "profile": "humanitec/default-module",
            "spec": [
                "containers": [
                    "main": [
                        "id": "main", "image": .string(PrivatePodman.busyboxImage), "command": ["/bin/sh", "-c"],
                        "args": ["trap 'exit 0' TERM; echo walked; while :; do sleep 0.1; done"],
                        "variables": ["DB": "${externals.db.name}"],
                    ]
                ]
            ],
            "externals": ["db": ["type": "postgres"]],
        ]

        private func preparations(_ walk: Walk) async throws {
            try await walk(201, "POST", Self.org + "/apps", ["id": "walk", "name": "Walk"])
            try await walk(409, "POST", Self.org + "/apps", ["id": "walk", "name": "Walk"])
            try await walk(400, "POST", Self.org + "/apps", ["id": "No_Good", "name": "x"])
            #expect(try await walk(200, "GET", Self.org + "/apps").array?.contains { $0["id"] == "walk" } == true)
            #expect(try await walk(200, "GET", Self.app)["envs"]?[0]?["id"] == "development")
            let second: JSON = ["id": "second", "name": "Second", "type": "development"]
            try await walk(201, "POST", Self.app + "/envs", second)
            try await walk(409, "POST", Self.app + "/envs", second)
            #expect(try await walk(200, "GET", Self.app + "/envs").array?.count == 2)
            #expect(try await walk(200, "GET", Self.app + "/envs/second")["type"] == "development")
            try await walk(204, "DELETE", Self.app + "/envs/second")
            try await walk(404, "GET", Self.app + "/envs/second")

            let content: JSON = [
                "metadata": ["env_id": "development", "name": "walk"], "modules": ["add": ["web": Self.module]],
            ]
            let set = try #require(try await walk(200, "POST", Self.app + "/sets/0", content).string)
            #expect(try await walk(200, "GET", Self.app + "/sets/\(set)")["modules"]?["web"]?["profile"] != nil)
            #expect(try await walk(200, "GET", Self.app + "/sets").array?.count == 1)
            let diff = try await walk(200, "GET", Self.app + "/sets/\(set)/diff/0")
            #expect(diff["modules"]?["add"]?["web"] == Self.module)
            let back = try await walk(200, "GET", Self.app + "/sets/0/diff/\(set)")
            #expect(back["modules"]?["remove"] == ["web"])
            try await walk(404, "GET", Self.app + "/sets/none")
        }

        private func deployments(_ walk: Walk) async throws {
            try await walk.appliance.definePostgres(for: "walk")
            let content: JSON = [
                "metadata": ["env_id": "development", "name": "walk"], "modules": ["add": ["web": Self.module]],
            ]
            let delta = try #require(try await walk(200, "POST", Self.app + "/deltas", content)["id"]?.string)
            let patch: JSON = [["modules": ["add": ["web": ["spec": ["replicas": 1]]]]]]
            #expect(try await walk(200, "PATCH", Self.app + "/deltas/\(delta)", patch)["id"]?.string == delta)
            let patched = try await walk(200, "GET", Self.app + "/deltas/\(delta)")
            #expect(patched["modules"]?["add"]?["web"]?["spec"]?["replicas"] == 1, "\(patched.canonical)")
            try await walk(404, "PATCH", Self.app + "/deltas/none", patch)
            #expect(try await walk(200, "GET", Self.app + "/deltas?env=development").array?.count == 1)

            // The delta was patched to a module without its container: what is deployed is the first form.
            let again = try #require(try await walk(200, "POST", Self.app + "/deltas", content)["id"]?.string)
            let made = try await walk(
                201, "POST", Self.environment + "/deploys", ["delta_id": .string(again), "comment": "walk"])
            let id = try #require(made["id"]?.string), one = Self.environment + "/deploys/\(id)"
            try await walk.appliance.succeeded(id, in: Self.environment)
            #expect(try await walk(200, "GET", Self.environment + "/deploys").array?.count == 1)
            #expect(try await walk(200, "GET", one)["comment"] == "walk")
            #expect(try await walk(200, "GET", one + "/errors") == [])
            let explained = try await walk(200, "GET", one + "/explain").array ?? []
            #expect(explained.contains { $0["winner"]?["def_id"] == "postgres-walk" })
            #expect(try await walk(200, "GET", one + "/graph")["nodes"]?.array?.count == 2)
            try await walk(404, "GET", Self.environment + "/deploys/none")
            #expect(try await walk(200, "GET", one + "/steps").array?.contains { $0["state"] == "succeeded" } == true)
            try await walk(409, "POST", one + "/cancel")
            try await walk(409, "POST", one + "/retry", [:])
            try await plans(walk)
            try await drift(walk)
            try await rollouts(walk)
            try await walk(204, "PUT", Self.environment + "/from_deploy_id", .string(id))
            try await walk(404, "PUT", Self.environment + "/from_deploy_id", "none")
            let resources = try await walk(200, "GET", Self.environment + "/resources").array ?? []
            #expect(resources.contains { $0["type"] == "postgres" && $0["status"] == "active" })
            try await eventually("the container's line") { try await walk.appliance.lines(Self.environment) == ["walked"] }
            try await walk(200, "GET", Self.environment + "/logs?limit=1")
            try await walk(400, "GET", Self.environment + "/logs?limit=many")
            for stream in [one + "/events", Self.environment + "/logs/stream?follow=false"] {
                walk.note("GET", stream)
                try await resume(stream, walk.appliance)
            }
        }

        private func drift(_ walk: Walk) async throws {
            let all = Self.environment + "/drift-reports"
            let report = all + "/" + (try #require(try await walk(202, "POST", all)["id"]?.string))
            try await eventually("the report") { try await walk(200, "GET", report)["status"] == "succeeded" }
            #expect(try await walk(200, "GET", all).array?.count == 1)
            try await walk(200, "GET", Self.environment + "/collection")
            try await walk(409, "POST", Self.environment + "/collections", ["expect": ["nothing"]])
            #expect(try await walk(200, "GET", Self.environment + "/collections") == [])
            #expect(try await walk(200, "GET", Self.environment + "/interventions") == [])
            #expect(try await walk(200, "GET", Self.environment + "/deletions") == [])
            try await walk(404, "POST", Self.environment + "/deletions/none/cancel")
        }

        private func rollouts(_ walk: Walk) async throws {
            let all = Self.org + "/rollouts"
            let made = try await walk(201, "POST", all, ["definition_id": "postgres-walk"])
            let one = all + "/" + (try #require(made["id"]?.string))
            try await eventually("its end") { try await walk(200, "GET", one)["status"] == "succeeded" }
            try await walk(200, "GET", all)
            try await walk(409, "POST", one + "/actions/resume")
            try await walk(409, "POST", one + "/actions/cancel")
        }

        private func plans(_ walk: Walk) async throws {
            let all = Self.environment + "/plans"
            let plan = try await walk(201, "POST", all, ["comment": "once more"])
            #expect(plan["totals"]?["keep"] == 2 && plan["comment"] == "once more")
            #expect(try await walk(200, "GET", all).array?.count == 1)
            #expect(try await walk(200, "GET", all + "/\(plan["id"]?.string ?? "")")["holds"] == true)
            try await walk(404, "GET", all + "/none")
            try await walk(422, "POST", all, ["plna_id": "x"])
        }

        /// A stream that was cut goes on behind the last id that its reader has.
        private func resume(_ path: String, _ appliance: Appliance) async throws {
            let all = try await appliance.events(path)
            let middle = try #require(all.dropLast(2).last?.id ?? all.first?.id)
            let rest = try await appliance.events(path, after: middle)
            let index = try #require(all.firstIndex { $0.id == middle })
            #expect(rest == Array(all[(index + 1)...]), "\(path)")
        }

        private func end(_ walk: Walk) async throws {
            let score: JSON = ["files": [["name": "score.yaml", "score": .string(Scores.shop(greeting: "walk"))]]]
            let made = try await walk(202, "POST", Self.environment + "/score-deploys", score)
            try await walk.appliance.succeeded(made["id"]?.string ?? "", in: Self.environment)
            let database = "/resources/postgres.default/modules.web.externals.db"
            // It is in use: nothing is deleted behind a workload's back unless one insists.
            let inUse = try await walk.appliance.call("DELETE", Self.environment + database)
            #expect([202, 204, 409].contains(inUse.status), "\(inUse)")
            walk.note("DELETE", Self.environment + database)
            try await walk(404, "DELETE", Self.environment + "/resources/postgres.default/none")
            walk.note("DELETE", Self.environment)
            walk.note("DELETE", Self.app)
            let deleted = try await walk.appliance.call("DELETE", Self.app)
            #expect([202, 204].contains(deleted.status))
            try await eventually("the application's end") {
                try await walk.appliance.call("GET", Self.app).status == 404
            }
            try await walk(204, "DELETE", Self.org + "/resources/defs/postgres-walk")
        }
    }
}
