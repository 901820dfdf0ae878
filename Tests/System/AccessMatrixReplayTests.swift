import AccessControl
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// T24: the hand-written matrix against the programs, over HTTP: exactly the allowed cells pass. Streams, and rooms behind their sockets,
    /// are on the way.
    @Suite struct AccessMatrixReplayTests {
        private static let app = "/orgs/acme/apps/rights"

        @Test func everyCellOverHTTP() async throws {
            let appliance = try await Appliance.shared(), matrix = try AccessMatrix.read()
            let ids = try await ids(appliance)
            var tokens: [String: String] = [:]
            for column in matrix.columns { tokens[column] = try await token(column, appliance) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (column, token) in tokens {
                    group.addTask {
                        // What deletes the application comes last.
                        let rows = matrix.rows.filter { Self.isReplayed($0) }
                        for row in rows { try await judge(row, column, token, ids, appliance) }
                    }
                }
                try await group.waitForAll()
            }
            // What was refused was not done.
            for (path, count) in [("/users", 1), ("/envs", 1), ("/deltas", 1)] {
                let list = try await appliance.must(200, "GET", Self.app + path)
                #expect(list.array?.count ?? 0 >= count, "\(path): \(list.canonical)")
            }
            try await lists(appliance, matrix, tokens)
            try await unknownFields(appliance, ids, breakGlass: tokens["breakGlass"])
            let doomed = matrix.rows.filter { $0.method == "DELETE" && $0.route == "/orgs/{orgId}/apps/{appId}" }
            for column in matrix.columns.sorted(by: { left, _ in doomed[0].cells[left] != .allow }) {
                guard doomed[0].cells[column] != .allow else { continue }
                for row in doomed { try await judge(row, column, tokens[column] ?? "", ids, appliance) }
            }
            #expect([202, 204].contains(try await appliance.call("DELETE", Self.app, token: tokens["owner+deployer"]).status))
        }

        /// Signing in and out are everyone's.
        private static func isReplayed(_ row: AccessMatrix.Row) -> Bool {
            !row.route.hasPrefix("/auth/") && !(row.method == "DELETE" && row.route == "/orgs/{orgId}/apps/{appId}")
        }

        private func judge(
            _ row: AccessMatrix.Row, _ column: String, _ token: String, _ ids: [String: String], _ appliance: Appliance
        ) async throws {
            let route = try #require(PublicRoute.all.first { $0.method == row.method && $0.pattern == row.route })
            let expected = try #require(row.cells[column])
            // Who may, does it to what is not there, so that the next one finds what this one found.
            let path = Appliance.path(of: route, expected == .allow && row.method != "GET" ? Self.nowhere(row, ids) : ids)
            let answer = try await status(route, path, mayMake: expected == .allow, token, appliance)
            let isHidden = answer.status == 404 && answer.message.hasPrefix("There is no such thing here, or you may not see it.")
            switch expected {
            case .allow:
                #expect(
                    ![401, 403].contains(answer.status) && !isHidden && answer.status < 500,
                    "\(column): \(row.method) \(path) -> \(answer)")
            case .refused: #expect(answer.status == 403, "\(column): \(row.method) \(path) -> \(answer)")
            case .hidden: #expect(answer.status == 404, "\(column): \(row.method) \(path) -> \(answer)")
            }
        }

        /// The last parameter names nothing; what stands above it is as it is.
        private static func nowhere(_ row: AccessMatrix.Row, _ ids: [String: String]) -> [String: String] {
            guard let last = row.route.split(separator: "/").last(where: { $0.hasPrefix("{") }),
                !["{appId}", "{orgId}"].contains(last), !row.route.hasSuffix("{userId}/tokens")
            else { return ids }
            return ids.merging([String(last.dropFirst().dropLast()): "00000000000000000000"]) { $1 }
        }

        private func status(
            _ route: PublicRoute, _ path: String, mayMake: Bool, _ token: String, _ appliance: Appliance
        ) async throws -> (status: Int, message: String) {
            guard route.kind == .stream else {
                let answer = try await appliance.call(route.method, path, Self.body(of: route, mayMake: mayMake), token: token)
                return (answer.status, answer.message)
            }
            // A stream goes on; its head is the answer.
            var request = HTTPClientRequest(url: appliance.url + path)
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            let response = try await appliance.client.execute(request, deadline: .now() + .seconds(30))
            guard response.status != .ok else { return (200, "") }
            let body = try JSON.parse(Array(try await response.body.collect(upTo: 1 << 20).readableBytesView))
            return (Int(response.status.code), body["message"]?.string ?? "")
        }

        /// Bodies that a room reads before it decides are such that it gets so far; whoever is allowed makes nothing by them.
        private static func body(of route: PublicRoute, mayMake: Bool) -> JSON? {
            guard route.bodyLimit > 0 else { return nil }
            switch (route.method, route.pattern.split(separator: "/").last) {
            case ("PATCH", "{deltaId}"), ("PUT", "criteria"): return []
            case ("PATCH", "{classId}"): return ["description": "d"]
            case ("PUT", "from_deploy_id"): return "nowhere"
            // The type decides, and is in the body.
            case ("POST", "envs"): return mayMake ? [:] : ["id": "refused", "name": "x", "type": "development"]
            default: return [:]
            }
        }

        // MARK: Bodies

        /// T28: on our own routes what is unknown or read-only is refused by its name; and wherever the contract closes its schema.
        private func unknownFields(_ appliance: Appliance, _ ids: [String: String], breakGlass: String?) async throws {
            let closed = ["POST /orgs/{orgId}/groups"]
            let routes = PublicRoute.all.filter { route in
                guard route.bodyLimit > 0, let paths = Contract.published?.document["paths"] else { return false }
                return paths[route.pattern.replacing("{envTypeId}", with: "{envType}")]?[route.method.lowercased()] == nil
                    && paths[route.pattern]?[route.method.lowercased()] == nil
                    || closed.contains("\(route.method) \(route.pattern)")
            }
            // Without the contract there is no telling.
            #expect(Contract.published == nil || routes.count > 10)
            // Those that stop, go on and look have no field at all, and do not look at their body.
            for route in routes
            where !["logout", "cancel", "resume", "check"].contains(where: { route.pattern.hasSuffix("/" + $0) }) {
                let isOfAppliance = route.pattern.hasPrefix("/appliance/")
                let answer = try await appliance.call(
                    route.method, Appliance.path(of: route, ids), ["org_id": "globex", "is_admin": true],
                    token: isOfAppliance ? breakGlass : nil)
                #expect(
                    answer.status == 422 && "\(answer.body)".contains("is_admin") && "\(answer.body)".contains("org_id"),
                    "\(route.method) \(route.pattern) -> \(answer)")
            }
        }

        // MARK: Lists

        /// The list of applications has exactly those that one may see.
        private func lists(_ appliance: Appliance, _ matrix: AccessMatrix, _ tokens: [String: String]) async throws {
            let view = try #require(matrix.rows.first { $0.method == "GET" && $0.route == "/orgs/{orgId}/apps/{appId}" })
            let list = try #require(matrix.rows.first { $0.method == "GET" && $0.route == "/orgs/{orgId}/apps" })
            for column in matrix.columns where list.cells[column] == .allow {
                let apps = try await appliance.must(200, "GET", "/orgs/acme/apps", token: tokens[column]).array ?? []
                let sees = apps.contains { $0["id"] == "rights" }
                #expect(sees == (view.cells[column] == .allow), "\(column)")
            }
        }

        // MARK: What it is about

        /// A service user for each column, `manager`, `developer+deployer`, ...
        private func token(_ column: String, _ appliance: Appliance) async throws -> String {
            if column == "stranger" { return appliance.token(of: "globex") }
            if column == "breakGlass" { return try await appliance.breakGlass() }
            if column == "applianceAdministrator" { return try await appliance.applianceAdministrator() }
            let words = column.split(separator: "+").map(String.init)
            var body: [String: JSON] = ["name": .string("matrix-" + words.joined(separator: "-").lowercased())]
            if column == "none" || OrgRole(rawValue: words[0]) != nil {
                body["org_role"] = .string(column == "none" ? "member" : words[0])
            } else {
                body["org_role"] = "member"
                body["app_roles"] = ["rights": .string(words[0])]
            }
            if words.count > 1 { body["env_type_roles"] = ["development": "deployer"] }
            let org = column == "none" ? "globex" : "acme"
            let made = try await appliance.must(
                201, "POST", "/orgs/\(org)/tokens", .object(body), token: appliance.token(of: org))
            return try #require(made["token"]?.string)
        }

        private func ids(_ appliance: Appliance) async throws -> [String: String] {
            try await appliance.createApplication("rights")
            try await appliance.definePostgres(for: "rights")
            let environment = Self.app + "/envs/development"
            let deployment = try await appliance.deploy(Scores.shop(greeting: "rights"), to: environment)
            try await appliance.succeeded(deployment, in: environment)
            let set = try await appliance.must(200, "GET", environment + "/deploys/\(deployment)")["set_id"]?.string
            let delta = try await appliance.must(200, "POST", Self.app + "/deltas", ["modules": [:]])["id"]?.string
            let definition = try await appliance.must(200, "GET", "/orgs/acme/resources/defs/postgres-rights")
            let user = try await appliance.must(200, "POST", "/orgs/acme/users", ["name": "matrix-user", "role": "member"])
            let userID = try #require(user["id"]?.string)
            try await appliance.must(200, "POST", "/users/\(userID)/tokens", ["id": "first", "type": "static"])
            try await appliance.must(200, "POST", Self.app + "/users", ["id": .string(userID), "role": "viewer"])
            try await appliance.must(
                200, "POST", "/orgs/acme/env-types/development/users", ["id": .string(userID), "role": "deployer"])
            let groups = try await appliance.must(200, "GET", "/orgs/acme/users?type=group")
            try await appliance.must(201, "POST", Self.app + "/values", ["key": "SEEN", "value": "x", "description": ""])
            let values = try await appliance.must(200, "GET", Self.app + "/value-set-versions")[0]?["id"]?.string
            let plan = try await appliance.must(201, "POST", environment + "/plans", [:])["id"]?.string
            let report = try await appliance.must(202, "POST", environment + "/drift-reports")["id"]?.string
            return [
                "orgId": "acme", "appId": "rights", "envId": "development", "envTypeId": "development", "deployId": deployment,
                "userId": userID, "groupId": try #require(groups[0]?["id"]?.string), "tokenId": "first",
                "setId": try #require(set), "sourceSetId": try #require(set), "deltaId": try #require(delta),
                "defId": "postgres-rights", "criteriaId": try #require(definition["criteria"]?[0]?["id"]?.string),
                "defVersionId": try #require(definition["active_version_id"]?.string), "planId": try #require(plan),
                "reportId": try #require(report), "key": "SEEN", "storeId": "built-in", "accId": "none",
                "valueSetVersionId": try #require(values),
                "type": "postgres.default", "resId": "modules.web.externals.db", "typeId": "postgres", "classId": "default",
                "driverId": "none", "rolloutId": "none", "profileQid": "humanitec%2Fdefault-module",
                "deletionId": "0123456789abcdef", "trustId": "none",
            ]
        }
    }
}
