import AccessControl
import PlatformModel
import Testing

/// Nobody gives what they do not hold (T26).
@Suite struct GrantTests {
    /// Who, what is held before and after, by whom; `+` allowed, `-` not.
    static let table = """
        administrator  none   administrator  person   +
        administrator  administrator  none   person   +
        administrator  none   orgViewer      group    +
        administrator  none   artefactContributor serviceUser +
        manager        none   member         person   +
        manager        none   manager        person   +
        manager        orgViewer member      person   +
        manager        member none           person   +
        manager        manager none          person   +
        manager        none   administrator  person   -
        manager        manager administrator person   -
        manager        none   orgViewer      person   -
        manager        none   artefactContributor person -
        manager        administrator none    person   -
        manager        administrator member  person   -
        manager        none   member         group    -
        manager        member none           group    -
        manager        none   member         serviceUser -
        manager        member none           serviceUser -
        orgViewer      none   member         person   -
        member         none   member         person   -
        artefactContributor none member      person   -
        """

    @Test func everyRow() {
        for line in Self.table.split(separator: "\n") {
            let cells = line.split(separator: " ").map(String.init)
            let holder: RoleChange.Holder =
                switch cells[3] {
                case "group": .group
                case "serviceUser": .serviceUser
                default: .person
                }
            let change = RoleChange(
                place: .organization, holder: holder, from: cells[1] == "none" ? nil : cells[1],
                to: cells[2] == "none" ? nil : cells[2])
            let role = OrgRole(rawValue: cells[0])
            #expect(role != nil, "\(line)")
            let principal = Principal(id: "user:1", name: "", orgID: "acme", orgRole: role)
            #expect(decideGrant(principal, change).isAllowed == (cells[4] == "+"), "\(line)")
        }
    }

    @Test func rolesOnObjectsAreTheirOwnersAndAdministrators() {
        let places: [RoleChange.Place] = [.application("shop"), .environmentType("production")]
        for role in OrgRole.allCases {
            for place in places {
                let principal = Principal(id: "user:1", name: "", orgID: "acme", orgRole: role)
                let change = RoleChange(place: place, holder: .group, from: nil, to: "x")
                #expect(decideGrant(principal, change).isAllowed == (role == .administrator))
            }
        }
        for role in AppRole.allCases {
            let principal = Principal(
                id: "user:1", name: "", orgID: "acme", orgRole: .manager, appRoles: ["shop": role],
                envTypeRoles: ["production": .deployer])
            func may(_ place: RoleChange.Place) -> Bool {
                decideGrant(principal, RoleChange(place: place, holder: .person, from: nil, to: "x")).isAllowed
            }
            #expect(may(.application("shop")) == (role == .owner))
            #expect(!may(.application("other")) && !may(.environmentType("production")))
        }
    }

    /// Every combination of two holders of roles: what the one may as far as the other may is allowed to both, and an administrator takes
    /// nothing away.
    @Test func limitedIsNeverMore() {
        let all = Self.principals, types = ["development", "production"]
        #expect(all.count == 71)
        for one in all {
            for other in all {
                let limited = one.limited(to: other)
                for type in types {
                    let target = AccessTarget(orgID: "acme", appID: "shop", envType: type)
                    for action in Self.actions where decide(limited, action, on: target).isAllowed {
                        #expect(decide(one, action, on: target).isAllowed && decide(other, action, on: target).isAllowed)
                    }
                }
                if other.orgRole == .administrator {
                    #expect(limited == one)
                } else if one.orgRole == .administrator {
                    #expect(limited.appRoles == other.appRoles)
                }
            }
        }
    }

    @Test func ofAnotherOrganizationNothingIsLeft() {
        let one = Principal(id: "service:1", name: "", orgID: "acme", orgRole: .administrator)
        let elsewhere = Principal(id: "user:1", name: "", orgID: "globex", orgRole: .administrator)
        let nobody = Principal(id: "user:1", name: "", orgID: "acme")
        for other in [elsewhere, nobody] {
            #expect(decide(one.limited(to: other), .viewOrganization, on: AccessTarget(orgID: "acme")) == .hidden)
        }
    }

    @Test func permissionsAreWhatIsDecided() throws {
        let owner = Principal(
            id: "user:1", name: "", orgID: "acme", appRoles: ["shop": .owner], envTypeRoles: ["development": .deployer])
        let objects = permissions(of: owner)
        #expect(Set(objects.keys) == ["/orgs/acme", "/orgs/acme/apps/shop", "/orgs/acme/env-types/development"])
        #expect(objects["/orgs/acme/apps/shop"]?.contains("changeAppUsers") == true)
        #expect(objects["/orgs/acme/env-types/development"]?.contains("deploy") == true)
        #expect(objects["/orgs/acme"]?.contains("createApplication") == false)
        let admin = permissions(of: Principal(id: "user:1", name: "", orgID: "acme", orgRole: .administrator))
        #expect(admin["/orgs/acme/apps/*"]?.contains("deploy") == true)
        #expect(permissions(of: Principal(id: "user:1", name: "")) == [:])
    }

    /// One action for each rule is enough.
    private static let actions: [Action] = {
        var seen: Set<AccessRule> = []
        return Action.allCases.filter { seen.insert(AccessRule.rule(for: $0)).inserted }
    }()

    private static let principals: [Principal] = {
        var all: [Principal] = []
        for org in [nil] + OrgRole.allCases.map(Optional.some) {
            for shop in [nil] + AppRole.allCases.map(Optional.some) {
                for types in [[:], ["development": .deployer], ["production": .deployer]] as [[String: EnvTypeRole]] {
                    var principal = Principal(id: "user:1", name: "", orgID: "acme", orgRole: org, envTypeRoles: types)
                    principal.appRoles["shop"] = shop
                    all.append(principal)
                }
            }
        }
        // Who holds nothing is of no organisation.
        return Array(all.dropFirst())
    }()
}
