import AccessControl
import PlatformModel
import TestSupport
import Testing

/// docs/reference/api.md says what the gateway's table says.
@Suite struct APIPageTests {
    struct Row: Sendable, Hashable {
        var method: String
        var pattern: String
        var role: String
        var isOurs: Bool
    }

    private static func rows() throws -> [Row] {
        try Document("docs/reference/api.md").lines.flatMap { line -> [Row] in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
                String(cell).trimmingSpaces
            }
            guard cells.count == 5, cells[1].hasPrefix("`") else { return [] }
            let words = cells[1].dropFirst().dropLast().split(separator: " ").map(String.init)
            guard words.count == 2 else { return [] }
            // Of an application, and of an environment.
            let levels = words[1].hasPrefix("LEVEL/") ? ["APP", "ENV"].map { $0 + words[1].dropFirst(5) } : [words[1]]
            return levels.map { row(words[0], $0, cells) }
        }
    }

    private static func row(_ method: String, _ short: String, _ cells: [String]) -> Row {
        var path = short
        for (short, long) in [
            ("ORG", "/orgs/{orgId}"), ("APP", "/orgs/{orgId}/apps/{appId}"),
            ("ENV", "/orgs/{orgId}/apps/{appId}/envs/{envId}"),
        ] where path == short || path.hasPrefix(short + "/") {
            path = long + path.dropFirst(3)
        }
        return Row(method: method, pattern: path, role: cells[2], isOurs: cells[3] == "ours")
    }

    @Test func everyRouteIsThereOnceAndNoOther() throws {
        let page = try Self.rows().map { "\($0.method) \($0.pattern)" }
        #expect(page.sorted() == PublicRoute.all.map { "\($0.method) \($0.pattern)" }.sorted())
    }

    @Test(.enabled(if: Contract.published != nil)) func whatTheContractLacksIsMarkedAsOurs() throws {
        let paths = Contract.published?.document["paths"]
        for row in try Self.rows() {
            // The contract has two names for this parameter.
            let other = row.pattern.replacing("{envTypeId}", with: "{envType}"), method = row.method.lowercased()
            let isMissing = paths?[row.pattern]?[method] == nil && paths?[other]?[method] == nil
            #expect(isMissing == row.isOurs, "\(row.method) \(row.pattern)")
        }
    }

    /// One principal for each word of the column, in an organisation with one application and one environment type.
    private static let people: [(name: String, principal: Principal)] = [
        ("nobody", Principal(id: "user:1", name: "x")),
        ("member", Principal(id: "user:1", name: "x", orgID: "acme", orgRole: .member)),
        ("orgViewer", Principal(id: "user:1", name: "x", orgID: "acme", orgRole: .orgViewer)),
        ("manager", Principal(id: "user:1", name: "x", orgID: "acme", orgRole: .manager)),
        ("administrator", Principal(id: "user:1", name: "x", orgID: "acme", orgRole: .administrator)),
        ("viewer", Principal(id: "user:1", name: "x", orgID: "acme", appRoles: ["shop": .viewer])),
        ("developer", Principal(id: "user:1", name: "x", orgID: "acme", appRoles: ["shop": .developer])),
        ("owner", Principal(id: "user:1", name: "x", orgID: "acme", appRoles: ["shop": .owner])),
        ("appliance administrator", onAppliance(.administrator)), ("break-glass administrator", onAppliance(.breakGlass)),
        (
            "developer + deployer",
            Principal(
                id: "user:1", name: "x", orgID: "acme", appRoles: ["shop": .developer],
                envTypeRoles: ["development": .deployer])
        ),
    ]

    private static func onAppliance(_ role: ApplianceRole) -> Principal {
        var principal = Principal(id: "user:1", name: "x")
        principal.applianceRole = role
        return principal
    }

    private static let outside: Set = ["nobody", "appliance administrator", "break-glass administrator"]

    /// What the page's own table of roles says.
    private static let allowed: [String: Set<String>] = [
        "signed in": Set(people.map(\.name)), "member": Set(people.map(\.name)).subtracting(outside),
        "appliance administrator": ["appliance administrator", "break-glass administrator"],
        "break-glass administrator": ["break-glass administrator"],
        "orgViewer": ["orgViewer", "administrator"], "orgViewer or manager": ["orgViewer", "manager", "administrator"],
        "manager": ["manager", "administrator"],
        "administrator": ["administrator"],
        "viewer": ["orgViewer", "administrator", "viewer", "developer", "owner", "developer + deployer"],
        "developer": ["administrator", "developer", "owner", "developer + deployer"], "owner": ["administrator", "owner"],
        "developer + deployer": ["administrator", "developer + deployer"],
    ]

    @Test func theRolesAreThoseOfTheDecision() throws {
        for row in try Self.rows() {
            let route = try #require(PublicRoute.all.first { $0.method == row.method && $0.pattern == row.pattern })
            if row.role == "anyone" {
                #expect(AccessRule.rule(for: route.action).scope == .anyone)
                continue
            }
            let target = AccessTarget(orgID: "acme", appID: "shop", envType: "development")
            let may = Self.people.filter { decide($0.principal, route.action, on: target).isAllowed }.map(\.name)
            let parts = row.role.split(separator: ";").map { String($0).trimmingSpaces }
            #expect(Set(may) == Self.allowed[parts[0]], "\(row.method) \(row.pattern): \(row.role)")
            #expect(AccessRule.rule(for: route.action).orSelf == (parts.dropFirst().first == "oneself"), "\(row.pattern)")
        }
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
