import PlatformModel

/// One row of the role × action table: who may. Roles only add; nothing takes away.
package struct AccessRule: Sendable, Hashable {
    /// What the action is about, and so what must be known of its target.
    package enum Scope: Sendable, Hashable {
        /// Nobody needs to be known: signing in, and the API's document.
        case anyone
        /// Whoever is signed in, about no organisation.
        case signedIn
        case organization
        case application
        /// The appliance itself: no tenant's.
        case appliance
    }

    package var scope: Scope
    /// Each of these roles on the organisation is enough by itself.
    package var orgRoles: Set<OrgRole>
    /// Each of these roles on the application is enough, together with `needsDeployer`.
    package var appRoles: Set<AppRole> = []
    /// Also `deployer` on the type of the environment, for those who come by an application role.
    package var needsDeployer = false
    /// Whoever it is about may, too.
    package var orSelf = false
    /// Each of these roles on the appliance is enough.
    package var applianceRoles: Set<ApplianceRole> = []
}

extension AccessRule {
    private static let everyOrgRole = Set(OrgRole.allCases)
    private static let orgReaders: Set<OrgRole> = [.orgViewer, .administrator]
    private static let appReaders: Set<AppRole> = [.viewer, .developer, .owner]
    private static let appWriters: Set<AppRole> = [.developer, .owner]

    private static let everyMember = AccessRule(scope: .organization, orgRoles: everyOrgRole)
    private static let personOrAdministrator = AccessRule(scope: .organization, orgRoles: [.administrator], orSelf: true)
    private static let managers = AccessRule(scope: .organization, orgRoles: [.manager, .administrator])
    private static let organizationReader = AccessRule(scope: .organization, orgRoles: orgReaders)
    private static let administrator = AccessRule(scope: .organization, orgRoles: [.administrator])
    private static let reader = AccessRule(scope: .application, orgRoles: orgReaders, appRoles: appReaders)
    private static let writer = AccessRule(scope: .application, orgRoles: [.administrator], appRoles: appWriters)
    private static let deployer = AccessRule(
        scope: .application, orgRoles: [.administrator], appRoles: appWriters, needsDeployer: true)

    /// The table (roles as the published reference has them; see docs/architecture.md). A switch, so that an action without a row
    /// does not compile; a hand-written matrix in the tests is its judge.
    package static func rule(for action: Action) -> AccessRule {
        switch action {
        case .viewAppliance, .changeOrganizations:
            AccessRule(scope: .appliance, orgRoles: [], applianceRoles: [.administrator, .breakGlass])
        // Who administers an organisation reads all of it: not for everyday's administrators of the appliance to decide.
        case .repairAccess: AccessRule(scope: .appliance, orgRoles: [], applianceRoles: [.breakGlass])
        case .signIn, .exchangeToken, .viewDocument: AccessRule(scope: .anyone, orgRoles: [])
        case .signOut, .viewSelf, .changeSelf, .listOrganizations: AccessRule(scope: .signedIn, orgRoles: [])
        case .viewOrganization, .listApplications, .viewEnvironmentTypes, .viewResourceTypes, .viewProfiles,
            .viewSecretStores:
            everyMember
        case .viewAuditLog, .viewTokens, .changeTokens, .viewTrusts, .changeTrusts, .createPersonToken, .createServiceUser,
            .createGroup,
            .changeEnvTypeUsers:
            administrator
        case .viewPersonTokens, .endPersonToken, .viewSessions, .endSessions: personOrAdministrator
        case .createApplication, .changeUsers, .viewInvitations, .invite: managers
        case .viewUsers: AccessRule(scope: .organization, orgRoles: [.orgViewer, .manager, .administrator])
        case .viewPermissions:
            AccessRule(scope: .organization, orgRoles: [.orgViewer, .manager, .administrator], orSelf: true)
        case .viewEnvTypeUsers: organizationReader
        case .viewAppUsers: reader
        case .changeEnvironmentTypes, .changeResourceTypes, .changeDefinitions, .changeProfiles, .changeSecretStores,
            .changeAccounts:
            administrator
        // Who may look at definitions may bring them to where they may deploy.
        case .viewDefinitions, .viewAccounts, .viewRollouts, .rollOut: organizationReader
        case .viewApplication, .viewEnvironments, .viewDeltas, .viewSets, .viewValues, .viewPlans, .viewDeployments,
            .viewActiveResources,
            .viewLogs:
            reader
        // Deleting an application deletes its environments: the room also asks `deleteEnvironment` for the type of each.
        case .changeAppUsers, .deleteApplication: AccessRule(scope: .application, orgRoles: [.administrator], appRoles: [.owner])
        case .changeDeltas, .applyDelta, .changeValues: writer
        // The base of the next deployment decides what a deployer deploys next, so it takes what deploying takes.
        // A plan reads all that a deployment would, and is kept in one of the few places that an environment has for them.
        case .plan, .deploy, .createEnvironment, .deleteEnvironment, .changeBaseDeployment, .deleteActiveResource: deployer
        }
    }
}
