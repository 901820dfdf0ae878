import AccessControl
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// Two organisations with equally named things: the second's token gets 404 on every route about the first.
    @Suite struct StrangerTests {
        private static let app = "/orgs/acme/apps/shop", environment = app + "/envs/development"

        /// Real ids of acme's, for every parameter that a route has; made once for all tests.
        private static let ids = Task { try await make(try await Appliance.shared()) }

        private static func make(_ appliance: Appliance) async throws -> [String: String] {
            try await appliance.createApplication("shop")
            try await appliance.createApplication("shop", org: "globex")
            try await appliance.definePostgres(for: "shop")
            try await appliance.must(201, "POST", "/orgs/acme/env-types", ["id": "secret-type"])
            let deployment = try await appliance.deploy(Scores.shop(greeting: "hello"), to: environment)
            try await appliance.succeeded(deployment, in: environment)
            let set = try await appliance.must(200, "GET", environment + "/deploys/\(deployment)")["set_id"]?.string
            let delta = try await appliance.must(200, "POST", app + "/deltas", ["modules": [:]])["id"]?.string
            let definition = try await appliance.must(200, "GET", "/orgs/acme/resources/defs/postgres-shop")
            let token = try await appliance.must(201, "POST", "/orgs/acme/tokens", ["name": "seen", "org_role": "member"])
            let plan = try await appliance.must(201, "POST", environment + "/plans", [:])["id"]?.string
            let report = try await appliance.must(202, "POST", environment + "/drift-reports")["id"]?.string
            try await appliance.must(200, "POST", "/orgs/acme/resources/drivers", driver)
            try await appliance.must(
                200, "POST", "/orgs/acme/resources/accounts",
                ["id": "quiet", "name": "Q", "type": "custom", "credentials": ["key": "quiet-key"]])
            let rollout = try await appliance.must(201, "POST", "/orgs/acme/rollouts", ["definition_id": "postgres-shop"])["id"]?
                .string
            let version = definition["active_version_id"]?.string
            try await appliance.must(201, "POST", "/orgs/acme/workload-profiles", profile)
            try await appliance.must(
                200, "POST", "/orgs/acme/resources/types/postgres/classes", ["id": "quiet", "description": "d"])
            try await appliance.must(
                201, "POST", app + "/values", ["key": "SEEN", "value": "x", "description": ""])
            let values = try await appliance.must(200, "GET", app + "/value-set-versions")[0]?["id"]?.string
            let session = try await appliance.must(
                200, "POST", "/auth/login", ["username": "alice", "password": "alice-demo"])
            let groups = try await appliance.must(200, "GET", "/orgs/acme/users?type=group")
            for object in ["apps/shop", "env-types/secret-type"] {
                let role: JSON = object == "apps/shop" ? "viewer" : "deployer"
                try await appliance.must(200, "POST", "/orgs/acme/\(object)/users", ["id": "alice", "role": role])
            }
            try await appliance.must(
                201, "POST", "/orgs/acme/oidc-trusts",
                [
                    "id": "seen", "issuer": "https://ci.example.org", "audience": "martlet", "conditions": ["sub": "one"],
                    "service_user": "seen",
                ])
            return [
                "key": "SEEN", "valueSetVersionId": try #require(values), "storeId": "built-in",
                "userId": try #require(session["user"]?["id"]?.string), "groupId": try #require(groups[0]?["id"]?.string),
                "defVersionId": try #require(version), "profileQid": "acme%2Fquiet",
                "orgId": "acme", "appId": "shop", "envId": "development", "envTypeId": "secret-type", "deployId": deployment,
                "setId": try #require(set), "sourceSetId": try #require(set), "deltaId": try #require(delta),
                "defId": "postgres-shop", "criteriaId": try #require(definition["criteria"]?[0]?["id"]?.string),
                "tokenId": try #require(token["id"]?.string), "serviceUserId": try #require(token["user_id"]?.string),
                "type": "postgres.default", "resId": "modules.web.externals.db", "trustId": "seen",
                "planId": try #require(plan), "driverId": "quiet", "accId": "quiet", "reportId": try #require(report),
                "rolloutId": try #require(rollout), "typeId": "postgres", "classId": "quiet",
                // None is under way.
                "deletionId": "0123456789abcdef",
            ]
        }

        private static let driver: JSON = [
            "id": "quiet", "type": "config", "target": "driver://martlet/echo", "account_types": [], "inputs_schema": [:],
        ]

        private static let profile: JSON = [
            "id": "quiet", "spec_definition": [:],
            "workload_profile_chart": ["id": "humanitec/default-module", "version": "1.0.0"],
        ]

        private func body(of route: PublicRoute) -> JSON? { route.bodyLimit > 0 ? ["id": "mine", "name": "mine"] : nil }

        /// Only service users have tokens.
        private func address(of route: PublicRoute, _ ids: [String: String]) -> String {
            guard route.pattern.hasPrefix("/users/") else { return Appliance.path(of: route, ids) }
            return Appliance.path(of: route, ids.merging(["userId": ids["serviceUserId"] ?? ""]) { $1 })
        }

        @Test func everyRouteWithAnIdIs404() async throws {
            let appliance = try await Appliance.shared()
            let ids = try await Self.ids.value, stranger = appliance.token(of: "globex")
            let routes = PublicRoute.all.filter { $0.pattern.contains("{") }
            #expect(routes.count >= 40)
            for route in routes {
                let path = address(of: route, ids)
                #expect(!path.contains("nothing"), "\(route.pattern): a parameter that this test does not know")
                let there = try await appliance.call(route.method, path, body(of: route), token: stranger)
                let entries = try await appliance.record(of: there)
                #expect(
                    entries.map { "\($0.outcome) \($0.status) \($0.org ?? "")" } == ["refused 404 acme"],
                    "\(route.method) \(path)")
                #expect(there.status == 404 && there.error == "not_found", "\(route.method) \(path) -> \(there)")
                // In the same words as for what is not there at all.
                let nowhere = address(of: route, ids.mapValues { _ in "nowhere" })
                let none = try await appliance.call(route.method, nowhere, body(of: route), token: stranger)
                #expect(none.status == 404 && none.message.replacing("nowhere", with: "acme") == there.message, "\(none)")
            }
            // Nothing of it was done.
            for route in routes where route.method == "GET" && route.kind == .json && !route.pattern.hasPrefix("/appliance/") {
                try await appliance.must(200, "GET", address(of: route, ids))
            }
        }

        /// T25: what is another organisation's takes as long to refuse as what is nowhere. Asked in turns, so that a busy machine slows
        /// both; a path that looked at one thing more than the other would be slower each time.
        @Test func whatIsThereAndWhatIsNowhereTakeTheSameTime() async throws {
            let appliance = try await Appliance.shared()
            let ids = try await Self.ids.value, stranger = appliance.token(of: "globex")
            let own = ids.merging(["orgId": "globex"]) { $1 }
            let kinds: [(method: String, pattern: String, there: [String: String], nowhere: [String: String])] =
                [
                    ("GET", "/orgs/{orgId}"), ("GET", "/orgs/{orgId}/apps/{appId}"),
                    ("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}"),
                    ("DELETE", "/orgs/{orgId}/resources/defs/{defId}"), ("GET", "/orgs/{orgId}/users/{userId}"),
                    ("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/logs"),
                ].map { ($0.0, $0.1, ids, ids.mapValues { _ in "nowhere" }) }
                // Below their own organisation: an id that another one has, and one that nobody has.
                + [
                    ("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}", "deployId"),
                    ("GET", "/orgs/{orgId}/resources/defs/{defId}", "defId"),
                    ("GET", "/orgs/{orgId}/rollouts/{rolloutId}", "rolloutId"),
                    ("DELETE", "/orgs/{orgId}/tokens/{tokenId}", "tokenId"),
                ].map { method, pattern, name in
                    // Of the same length and form.
                    let other = String((own[name] ?? "").map { $0.isHexDigit ? "0" : $0 })
                    return (method, pattern, own, own.merging([name: other]) { $1 })
                }
            for (method, pattern, there, nowhere) in kinds {
                let route = try #require(PublicRoute.all.first { $0.method == method && $0.pattern == pattern }, "\(pattern)")
                func time(_ ids: [String: String]) async throws -> Duration {
                    let path = Appliance.path(of: route, ids), start = ContinuousClock.now
                    let answer = try await appliance.call(method, path, token: stranger)
                    #expect(answer.status == 404, "\(method) \(path) -> \(answer)")
                    return ContinuousClock.now - start
                }
                func medians() async throws -> (there: Duration, nowhere: Duration) {
                    var times: [[Duration]] = [[], []]
                    for round in 0..<41 {
                        for which in round.isMultiple(of: 2) ? [0, 1] : [1, 0] {
                            times[which].append(try await time(which == 0 ? there : nowhere))
                        }
                    }
                    return (times[0].sorted()[20], times[1].sorted()[20])
                }
                // A machine that has other things to do may be unfair once, and not three times.
                var seen: [(there: Duration, nowhere: Duration)] = []
                while seen.count < 3 {
                    let (a, b) = try await medians()
                    seen.append((a, b))
                    if max(a, b) < min(a, b) * 1.3 + .milliseconds(1) { break }
                }
                let told = seen.map { "\($0.there) and \($0.nowhere)" }.joined(separator: "; ")
                print("T25 \(method) \(pattern): \(told)")
                #expect(
                    seen.last.map { max($0.there, $0.nowhere) < min($0.there, $0.nowhere) * 1.3 + .milliseconds(1) } == true,
                    "\(method) \(pattern): \(told)")
            }
        }

        /// Below its own, equally named application: the first one's ids are nothing there.
        @Test func theIdsAreNothingInTheOtherOrganization() async throws {
            let appliance = try await Appliance.shared()
            _ = try await appliance.call(
                "POST", "/orgs/globex/apps", ["id": "shop", "name": "x"], token: appliance.token(of: "globex"))
            let deploys = try await appliance.must(200, "GET", Self.environment + "/deploys")
            let deployment = try #require(deploys[0]?["id"]?.string), set = try #require(deploys[0]?["set_id"]?.string)
            let delta = try #require(try await appliance.must(200, "GET", Self.app + "/deltas")[0]?["id"]?.string)
            let token = try #require(try await appliance.must(200, "GET", "/orgs/acme/tokens")[0]?["id"]?.string)
            let plan = try #require(try await appliance.must(200, "GET", Self.environment + "/plans")[0]?["id"]?.string)
            let report = try #require(try await appliance.must(200, "GET", Self.environment + "/drift-reports")[0]?["id"]?.string)
            let rollout = try #require(try await appliance.must(200, "GET", "/orgs/acme/rollouts")[0]?["id"]?.string)
            var ids = [
                "orgId": "globex", "appId": "shop", "envId": "development", "envTypeId": "secret-type", "deployId": deployment,
                "setId": set, "sourceSetId": set, "deltaId": delta, "defId": "postgres-shop", "tokenId": token,
                "type": "postgres.default", "resId": "modules.web.externals.db", "planId": plan, "driverId": "quiet",
                "reportId": report, "rolloutId": rollout, "profileQid": "acme%2Fquiet", "typeId": "postgres", "classId": "quiet",
            ]
            let people = try await appliance.must(200, "GET", "/orgs/acme/users").array ?? []
            ids["userId"] = try #require(people.first { $0["name"] == "Alice Ahlgren" }?["id"]?.string)
            ids["groupId"] = try #require(people.first { $0["type"] == "group" }?["id"]?.string)
            let definition = try await appliance.must(200, "GET", "/orgs/acme/resources/defs/postgres-shop")
            ids["trustId"] = "seen"
            ids["defVersionId"] = definition["active_version_id"]?.string
            ids["criteriaId"] = definition["criteria"]?[0]?["id"]?.string
            let named = [
                "envTypeId", "deployId", "setId", "deltaId", "defId", "tokenId", "resId", "planId", "driverId", "reportId",
                "rolloutId", "profileQid", "classId", "userId", "groupId", "trustId",
            ]
            for route in PublicRoute.all where named.contains(where: { route.pattern.contains("{\($0)}") }) {
                let path = Appliance.path(of: route, ids)
                let body: JSON? =
                    switch (route.method, route.pattern.split(separator: "/").last) {
                    case ("PATCH", "{deltaId}"): []
                    case ("PATCH", "{userId}"), ("POST", "users"):
                        [
                            "id": "alice",
                            "role": .string(
                                route.pattern.contains("{appId}")
                                    ? "owner" : route.pattern.contains("{envTypeId}") ? "deployer" : "member"),
                        ]
                    case ("PUT", "criteria"): []
                    case ("PUT", "{driverId}"): Self.driver
                    case ("PUT", "{profileQid}"): Self.profile
                    case ("PATCH", "{classId}"): ["description": "d"]
                    case ("PUT", _), ("PATCH", _): ["name": "mine", "driver_type": "martlet/echo"]
                    default: route.bodyLimit > 0 ? [:] : nil
                    }
                let answer = try await appliance.call(route.method, path, body, token: appliance.token(of: "globex"))
                #expect(answer.status == 404, "\(route.method) \(path) -> \(answer)")
            }
        }

        @Test func withoutATokenNothingIsSaid() async throws {
            let appliance = try await Appliance.shared()
            for route in PublicRoute.all where AccessRule.rule(for: route.action).scope != .anyone {
                let path = Appliance.path(of: route, ["orgId": "acme"])
                for token in ["", "mrt_wrong", "x y"] {
                    let answer = try await appliance.call(route.method, path, body(of: route), token: token)
                    #expect(answer.status == 401 && answer.error == "unauthorized", "\(route.method) \(path) -> \(answer)")
                }
            }
        }
    }
}
