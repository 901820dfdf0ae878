import AccessControl
import PlatformModel
import Testing

/// The hand-written judge of the table in `AccessRule`: written from the published roles, not from the code.
@Suite struct DecideTests {
    static let people: [(String, Principal)] = [
        ("member", person(org: .member)),
        ("contrib", person(org: .artefactContributor)),
        ("orgview", person(org: .orgViewer)),
        ("manager", person(org: .manager)),
        ("admin", person(org: .administrator)),
        ("viewer", person(org: .member, app: .viewer)),
        ("devel", person(org: .member, app: .developer)),
        ("owner", person(org: .member, app: .owner)),
        ("devel+d", person(org: .member, app: .developer, deployer: true)),
        ("owner+d", person(org: .member, app: .owner, deployer: true)),
        ("viewr+d", person(org: .member, app: .viewer, deployer: true)),
        ("only-d", person(deployer: true)),
        ("app-only", person(app: .developer)),
        ("stranger", stranger),
    ]

    /// A allowed, d denied (403), . hidden (404); columns in the order of `people`.
    static let matrix = """
        viewDocument            A A A A A A A A A A A A A A
        signIn                  A A A A A A A A A A A A A A
        exchangeToken           A A A A A A A A A A A A A A
        signOut                 A A A A A A A A A A A A A A
        viewSelf                A A A A A A A A A A A A A A
        listOrganizations       A A A A A A A A A A A A A A
        viewAppliance           . . . . . . . . . . . . . .
        changeOrganizations     . . . . . . . . . . . . . .
        repairAccess            . . . . . . . . . . . . . .
        viewOrganization        A A A A A A A A A A A A A .
        viewAuditLog            d d d d A d d d d d d d d .
        viewTokens              d d d d A d d d d d d d d .
        changeTokens            d d d d A d d d d d d d d .
        viewTrusts              d d d d A d d d d d d d d .
        changeTrusts            d d d d A d d d d d d d d .
        changeSelf              A A A A A A A A A A A A A A
        viewPersonTokens        d d d d A d d d d d d d d .
        createPersonToken       d d d d A d d d d d d d d .
        endPersonToken          d d d d A d d d d d d d d .
        viewSessions            d d d d A d d d d d d d d .
        endSessions             d d d d A d d d d d d d d .
        viewUsers               d d A A A d d d d d d d d .
        changeUsers             d d d A A d d d d d d d d .
        createServiceUser       d d d d A d d d d d d d d .
        viewInvitations         d d d A A d d d d d d d d .
        invite                  d d d A A d d d d d d d d .
        createGroup             d d d d A d d d d d d d d .
        viewPermissions         d d A A A d d d d d d d d .
        viewAppUsers            . . A . A A A A A A A . A .
        changeAppUsers          . . d . A d d A d A d . d .
        viewEnvTypeUsers        d d A d A d d d d d d d d .
        changeEnvTypeUsers      d d d d A d d d d d d d d .
        listApplications        A A A A A A A A A A A A A .
        viewApplication         . . A . A A A A A A A . A .
        createApplication       d d d A A d d d d d d d d .
        deleteApplication       . . d . A d d A d A d . d .
        viewEnvironmentTypes    A A A A A A A A A A A A A .
        changeEnvironmentTypes  d d d d A d d d d d d d d .
        viewResourceTypes       A A A A A A A A A A A A A .
        changeResourceTypes     d d d d A d d d d d d d d .
        viewDefinitions         d d A d A d d d d d d d d .
        viewRollouts            d d A d A d d d d d d d d .
        rollOut                 d d A d A d d d d d d d d .
        changeDefinitions       d d d d A d d d d d d d d .
        viewAccounts            d d A d A d d d d d d d d .
        changeAccounts          d d d d A d d d d d d d d .
        viewProfiles            A A A A A A A A A A A A A .
        changeProfiles          d d d d A d d d d d d d d .
        viewSecretStores        A A A A A A A A A A A A A .
        changeSecretStores      d d d d A d d d d d d d d .
        viewEnvironments        . . A . A A A A A A A . A .
        createEnvironment       . . d . A d d d A A d . d .
        deleteEnvironment       . . d . A d d d A A d . d .
        changeBaseDeployment    . . d . A d d d A A d . d .
        viewDeltas              . . A . A A A A A A A . A .
        changeDeltas            . . d . A d A A A A d . A .
        viewSets                . . A . A A A A A A A . A .
        applyDelta              . . d . A d A A A A d . A .
        viewValues              . . A . A A A A A A A . A .
        changeValues            . . d . A d A A A A d . A .
        viewPlans               . . A . A A A A A A A . A .
        plan                    . . d . A d d d A A d . d .
        viewDeployments         . . A . A A A A A A A . A .
        deploy                  . . d . A d d d A A d . d .
        viewActiveResources     . . A . A A A A A A A . A .
        deleteActiveResource    . . d . A d d d A A d . d .
        viewLogs                . . A . A A A A A A A . A .
        """

    @Test func everyCellOfTheMatrix() throws {
        var judged: Set<Action> = []
        for line in Self.matrix.split(separator: "\n") {
            let cells = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            let action = try #require(Action(rawValue: cells[0]), "\(cells[0]) is no action")
            judged.insert(action)
            try #require(cells.count == Self.people.count + 1, "\(cells[0])")
            for ((name, principal), expected) in zip(Self.people, cells.dropFirst()) {
                let decision = decide(principal, action, on: Self.target)
                #expect(Self.letter(decision) == expected, "\(name) \(action.rawValue): \(decision)")
            }
        }
        #expect(judged == Set(Action.allCases))
    }

    @Test func theDeployerRoleIsOfOneEnvironmentType() {
        let developer = person(org: .member, app: .developer, deployer: true)
        let production = AccessTarget(orgID: "acme", appID: "shop", envType: "production")
        #expect(decide(developer, .deploy, on: Self.target).isAllowed)
        guard case .deny(let reason) = decide(developer, .deploy, on: production) else {
            Issue.record("deployed to a type without the role")
            return
        }
        #expect(
            reason == "This needs the role deployer on environment type 'production'; you hold none there. "
                + "Ask an administrator of the organization for it.")
    }

    @Test func rolesAreOfOneApplication() {
        let owner = person(org: .member, app: .owner, deployer: true)
        for action in Action.allCases where AccessRule.rule(for: action).scope == .application {
            #expect(decide(owner, action, on: AccessTarget(orgID: "acme", appID: "other", envType: "development")) == .hidden)
        }
    }

    @Test func anUnknownEnvironmentTypeIsDeniedInARoomAndLeftOpenFromAPath() {
        let developer = person(org: .member, app: .developer, deployer: true)
        let fromPath = AccessTarget(orgID: "acme", appID: "shop")
        #expect(Self.letter(decide(developer, .deploy, on: fromPath)) == "d")
        #expect(decideFromPath(developer, .deploy, on: fromPath) == .allow)
        #expect(Self.letter(decideFromPath(person(org: .member, app: .viewer), .deploy, on: fromPath)) == "d")
        #expect(decideFromPath(stranger, .deploy, on: fromPath) == .hidden)
    }

    /// Whatever the path alone refuses, the room would refuse too: the edge is never stricter than the judge.
    @Test func theEdgeIsNeverStricter() {
        for (_, principal) in Self.people {
            for action in Action.allCases where decide(principal, action, on: Self.target).isAllowed {
                #expect(decideFromPath(principal, action, on: AccessTarget(orgID: "acme", appID: "shop")).isAllowed)
            }
        }
    }

    @Test func aTargetThatNamesNoOrganizationIsHidden() {
        let admin = person(org: .administrator)
        for action in Action.allCases where ![.anyone, .signedIn].contains(AccessRule.rule(for: action).scope) {
            #expect(decide(admin, action, on: AccessTarget()) == .hidden)
        }
        // Roles without an organisation are worth nothing.
        var loose = admin
        loose.orgID = nil
        #expect(decide(loose, .viewApplication, on: Self.target) == .hidden)
    }

    /// What goes along with a request decides as everything would, in the same words.
    @Test func whatIsNarrowedDecidesTheSame() {
        var people = Self.people.map(\.1)
        for var person in people {
            person.appRoles["other"] = .owner
            people.append(person)
            person.appRoles["shop"] = nil
            people.append(person)
        }
        let targets = [
            Self.target, AccessTarget(orgID: "acme", appID: "shop"), AccessTarget(orgID: "acme", appID: "nothing"),
            AccessTarget(orgID: "acme"), AccessTarget(orgID: "acme", userID: "1"), AccessTarget(orgID: "evil", appID: "shop"),
            AccessTarget(),
        ]
        for (principal, target) in people.flatMap({ person in targets.map { (person, $0) } }) {
            let narrowed = principal.narrowed(to: target)
            #expect(target.appID == nil || narrowed.appRoles.count <= 1)
            for action in Action.allCases {
                #expect(decide(narrowed, action, on: target) == decide(principal, action, on: target), "\(principal) \(action)")
                guard target.appID == nil else { continue }
                // Of no application by name: any of them is decided on.
                for app in ["shop", "other", "nothing"] {
                    let one = AccessTarget(orgID: target.orgID, appID: app, envType: "development")
                    #expect(decide(narrowed, action, on: one) == decide(principal, action, on: one), "\(principal) \(action)")
                }
            }
        }
    }

    @Test func refusalsSayStatusAndWords() throws {
        #expect(Decision.allow.refusal == nil)
        let hidden = try #require(Decision.hidden.refusal)
        #expect(hidden.status == 404 && hidden.body.error == "not_found")
        let denied = try #require(decide(person(org: .member), .changeDefinitions, on: Self.target).refusal)
        #expect(denied.status == 403)
        #expect(
            denied.body.message == "This needs the role administrator on organization 'acme'; you hold member. "
                + "Ask an administrator of the organization for it.")
    }

    static let target = AccessTarget(orgID: "acme", appID: "shop", envType: "development")

    static func letter(_ decision: Decision) -> String {
        switch decision {
        case .allow: "A"
        case .deny: "d"
        case .hidden: "."
        }
    }
}

private func person(org: OrgRole? = nil, app: AppRole? = nil, deployer: Bool = false) -> Principal {
    Principal(
        id: "user:1", name: "One", orgID: "acme", memberOf: ["acme"], orgRole: org, appRoles: app.map { ["shop": $0] } ?? [:],
        envTypeRoles: deployer ? ["development": .deployer] : [:])
}

/// Administrator and owner of the same names, elsewhere.
private let stranger = Principal(
    id: "user:2", name: "Two", orgID: "evil", memberOf: ["evil"], orgRole: .administrator, appRoles: ["shop": .owner],
    envTypeRoles: ["development": .deployer])
