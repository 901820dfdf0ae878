import AccessControl
import PlatformModel
import TestSupport
import Testing

/// T24: the table in code against the one that was written by hand.
@Suite struct AccessMatrixTests {
    @Test func everyRouteHasARowAndEveryRowARoute() throws {
        let rows = try AccessMatrix.read().rows.map { "\($0.method) \($0.route)" }
        let routes = PublicRoute.all.map { "\($0.method) \($0.pattern)" }
        #expect(Set(routes).subtracting(rows) == [], "routes without a row in Golden/access-matrix.csv")
        #expect(Set(rows).subtracting(routes) == [], "rows of routes that there are not")
        #expect(rows.count == Set(rows).count)
    }

    @Test func everyCell() throws {
        let matrix = try AccessMatrix.read(), target = AccessTarget(orgID: "acme", appID: "shop", envType: "development")
        #expect(matrix.columns.count == 15)
        for row in matrix.rows {
            let route = try #require(PublicRoute.all.first { $0.method == row.method && $0.pattern == row.route })
            for column in matrix.columns {
                let principal = try Self.principal(column)
                let decisions = ([route.action] + Self.alsoAsked(route)).map { Self.cell(decide(principal, $0, on: target)) }
                let answer = decisions.first { $0 != .allow } ?? .allow
                #expect(answer == row.cells[column], "\(row.method) \(row.route) for \(column)")
            }
        }
    }

    /// Who is shown a list is shown in it what they may see by itself.
    @Test func listsAreFilteredByTheSameTable() throws {
        let matrix = try AccessMatrix.read()
        let application = try #require(matrix.rows.first { $0.method == "GET" && $0.route == "/orgs/{orgId}/apps/{appId}" })
        for column in matrix.columns {
            let sees = decide(try Self.principal(column), .viewApplication, on: AccessTarget(orgID: "acme", appID: "shop"))
            #expect((application.cells[column] == .allow) == sees.isAllowed)
        }
    }

    /// To delete an application takes the right to delete its environments.
    private static func alsoAsked(_ route: PublicRoute) -> [Action] {
        route.action == .deleteApplication ? [.deleteEnvironment] : []
    }

    private static func cell(_ decision: Decision) -> AccessMatrix.Cell {
        switch decision {
        case .allow: .allow
        case .deny: .refused
        case .hidden: .hidden
        }
    }

    /// `manager`, `developer+deployer`, `none`, `stranger`: an administrator elsewhere.
    private static func principal(_ column: String) throws -> Principal {
        var principal = Principal(id: "user:1", name: "One")
        if column == "none" { return principal }
        let appliance = ["applianceAdministrator": ApplianceRole.administrator, "breakGlass": .breakGlass]
        if let role = appliance[column] {
            principal.applianceRole = role
            return principal
        }
        principal.orgID = column == "stranger" ? "globex" : "acme"
        if column == "stranger" {
            principal.orgRole = .administrator
            principal.appRoles = ["shop": .owner]
            return principal
        }
        let words = column.split(separator: "+").map(String.init)
        if let role = AppRole(rawValue: words[0]) {
            (principal.orgRole, principal.appRoles) = (.member, ["shop": role])
        } else {
            let role: OrgRole = try #require(OrgRole(rawValue: words[0]), "\(column)")
            principal.orgRole = role
        }
        if words.dropFirst().first == "deployer" { principal.envTypeRoles = ["development": .deployer] }
        return principal
    }
}
