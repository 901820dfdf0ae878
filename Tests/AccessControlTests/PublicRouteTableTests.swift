import AccessControl
import FoundationEssentials
import PlatformModel
import Testing

@Suite struct PublicRouteTableTests {
    @Test func everyActionHasARoute() {
        let routed = Set(PublicRoute.all.map(\.action))
        #expect(Set(Action.allCases).subtracting(routed) == [])
    }

    @Test func everyRouteNamesWhatItsActionNeeds() {
        for route in PublicRoute.all {
            switch AccessRule.rule(for: route.action).scope {
            case .anyone, .signedIn: #expect(!route.pattern.contains("{orgId}"), "\(route.pattern)")
            case .organization:
                // A service user's organisation is looked up.
                #expect(["/orgs/{orgId}", "/users/{userId}"].contains { route.pattern.hasPrefix($0) }, "\(route.pattern)")
            case .application: #expect(route.pattern.hasPrefix("/orgs/{orgId}/apps/{appId}"), "\(route.pattern)")
            case .appliance: #expect(route.pattern.hasPrefix("/appliance/"), "\(route.pattern)")
            }
            // Reading has no body; a deletion has none either.
            let takesBody = ["POST", "PUT", "PATCH"].contains(route.method)
            #expect(takesBody == (route.bodyLimit > 0), "\(route.method) \(route.pattern)")
            #expect(!takesBody || route.kind == .json)
        }
    }

    @Test func noTwoRoutesAnswerTheSameRequest() {
        let shapes = PublicRoute.all.map { route in
            route.method + " "
                + route.pattern.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
        }
        #expect(Set(shapes).count == shapes.count)
    }

    /// Every route finds itself, whatever stands in its parameters, and gives the room the same segments.
    @Test(arguments: PublicRoute.all) func everyRouteIsFound(_ route: PublicRoute) throws {
        let path = route.pattern.split(separator: "/").map { $0.hasPrefix("{") ? "a%2Db.c" : String($0) }.joined(separator: "/")
        guard case .found(let match) = PublicRouteTable.publicAPI.match(method: route.method, path: "/" + path) else {
            Issue.record("not found: \(route.method) \(route.pattern)")
            return
        }
        #expect(match.route == route)
        #expect(match.parameters.values.allSatisfy { $0 == "a-b.c" })
        #expect(match.roomPath == "/v1/" + path.replacing("%2D", with: "-"))
        #expect(match.target.orgID == (route.pattern.contains("{orgId}") ? "a-b.c" : nil))
        #expect(match.target.appID == (route.pattern.contains("{appId}") ? "a-b.c" : nil))
    }

    @Test(arguments: [
        "", "/", "orgs", "/orgs/", "//orgs", "/orgs//apps", "/orgs/acme/apps/", "/orgs/acme/apps/..", "/orgs/%2e%2e/apps",
        "/orgs/acme/apps/%00", "/orgs/acme/apps/a%2Fb", "/orgs/acme/apps/%zz", "/orgs/acme/apps/%4", "/orgs/acme/apps/%ff",
        "/v1/orgs",
        "/ORGS",
    ]) func whatIsNoPath(_ path: String) {
        #expect(PublicRouteTable.publicAPI.match(method: "GET", path: path) == .none)
    }

    @Test(arguments: [
        ("type", "/orgs/acme/apps/shop/envs/dev/resources/acme%2Fqueue.default/modules.web.externals.q", "acme/queue.default"),
        ("typeId", "/orgs/acme/resources/types/acme%2Fqueue", "acme/queue"),
    ]) func aTypeMayHoldASlash(_ name: String, _ path: String, _ type: String) throws {
        guard case .found(let match) = PublicRouteTable.publicAPI.match(method: "DELETE", path: path) else {
            Issue.record("not found")
            return
        }
        #expect(match.parameters[name] == type)
        #expect(match.roomPath == "/v1" + path)
    }

    @Test func aWrongMethodNamesTheRightOnes() {
        #expect(
            PublicRouteTable.publicAPI.match(method: "POST", path: "/orgs/acme/resources/defs/db")
                == .wrongMethod(allowed: ["DELETE", "GET", "PATCH", "PUT"]))
    }

    /// Routes that the published contract does not have: changed only on purpose.
    static let ours: Set<String> = [
        "POST /auth/token-exchange", "GET /orgs/{orgId}/oidc-trusts", "POST /orgs/{orgId}/oidc-trusts",
        "GET /orgs/{orgId}/oidc-trusts/{trustId}", "DELETE /orgs/{orgId}/oidc-trusts/{trustId}",
        "GET /orgs/{orgId}/rollouts", "POST /orgs/{orgId}/rollouts", "GET /orgs/{orgId}/rollouts/{rolloutId}",
        "POST /orgs/{orgId}/rollouts/{rolloutId}/actions/resume", "POST /orgs/{orgId}/rollouts/{rolloutId}/actions/cancel",
        "GET /orgs/{orgId}/users/{userId}/sessions", "DELETE /orgs/{orgId}/users/{userId}/sessions",
        "GET /openapi.json", "POST /auth/login", "POST /auth/logout", "GET /orgs/{orgId}/tokens", "POST /orgs/{orgId}/tokens",
        "DELETE /orgs/{orgId}/tokens/{tokenId}", "POST /orgs/{orgId}/apps/{appId}/envs/{envId}/score-deploys",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}/explain",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}/graph",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}/events",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}/steps",
        "POST /orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}/cancel",
        "POST /orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}/retry",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/plans", "POST /orgs/{orgId}/apps/{appId}/envs/{envId}/plans",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/plans/{planId}",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/drift-reports",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/collection",
        "POST /orgs/{orgId}/apps/{appId}/envs/{envId}/collections",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/collections",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/interventions",
        "POST /orgs/{orgId}/apps/{appId}/envs/{envId}/drift-reports",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/drift-reports/{reportId}",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/deletions",
        "POST /orgs/{orgId}/apps/{appId}/envs/{envId}/deletions/{deletionId}/cancel",
        "POST /orgs/{orgId}/secretstores/{storeId}/actions/check",
        "GET /appliance/orgs", "POST /appliance/orgs", "GET /appliance/orgs/{orgId}", "DELETE /appliance/orgs/{orgId}",
        "GET /appliance/orgs/{orgId}/limits",
        "PATCH /appliance/orgs/{orgId}/limits", "POST /appliance/orgs/{orgId}/actions/suspend",
        "POST /appliance/orgs/{orgId}/actions/resume", "GET /appliance/orgs/{orgId}/administrators",
        "POST /appliance/orgs/{orgId}/administrators", "DELETE /appliance/orgs/{orgId}/administrators/{userId}",
        "GET /orgs/{orgId}/limits", "GET /orgs/{orgId}/env-types/{envTypeId}/limits",
        "PUT /orgs/{orgId}/env-types/{envTypeId}/limits",
        "GET /orgs/{orgId}/env-types/{envTypeId}/drift", "PUT /orgs/{orgId}/env-types/{envTypeId}/drift",
        "GET /orgs/{orgId}/apps/{appId}/envs/{envId}/logs/stream", "GET /orgs/{orgId}/resources/defs/{defId}/impact",
    ]

    private static let contract = "../shared/reference/humanitec-openapi-0.28.37.json"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: contract)))
    func everyOtherRouteIsInTheContract() throws {
        let document = try JSON.parse(try Data(contentsOf: URL(filePath: Self.contract)))
        let paths = try #require(document["paths"]?.object)
        var missing: Set<String> = []
        for route in PublicRoute.all {
            // The contract has two names for this parameter; a router takes one.
            let other = route.pattern.replacing("{envTypeId}", with: "{envType}"), method = route.method.lowercased()
            guard paths[route.pattern]?[method] == nil, paths[other]?[method] == nil else { continue }
            missing.insert("\(route.method) \(route.pattern)")
        }
        #expect(missing == Self.ours)
    }
}
