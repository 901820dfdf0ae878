/// Every kind of thing that one can do. A public route names one; a room asks about more where one request does several.
package enum Action: String, Sendable, Hashable, Codable, CaseIterable {
    // What every appliance is, and tells everybody.
    case viewDocument
    // Oneself.
    case signIn, exchangeToken, signOut, viewSelf, changeSelf
    // Tokens and sessions of one person or service user. Nobody but an administrator makes one: what leaks must not live longer than it was to.
    case viewPersonTokens, createPersonToken, endPersonToken
    case viewSessions, endSessions
    // Organisations.
    case listOrganizations, viewOrganization
    case viewTokens, changeTokens
    // Whose tokens are exchanged for ours.
    case viewTrusts, changeTrusts
    // The appliance: which organisations there are, and who administers one when nobody of it can say so.
    case viewAppliance, changeOrganizations, repairAccess
    // Who is in an organisation, and as what. Which roles one may give or take is `decideGrant`'s.
    case viewUsers, changeUsers, createServiceUser
    case viewInvitations, invite
    case createGroup
    case viewPermissions
    case viewAuditLog
    case viewAppUsers, changeAppUsers
    case viewEnvTypeUsers, changeEnvTypeUsers
    // Applications. Listing is every member's: the room filters the list by `viewApplication`.
    case listApplications, viewApplication, createApplication, deleteApplication
    // What an organisation's platform engineers describe.
    case viewEnvironmentTypes, changeEnvironmentTypes
    case viewResourceTypes, changeResourceTypes
    case viewDefinitions, changeDefinitions
    case viewAccounts, changeAccounts
    case viewProfiles, changeProfiles
    case viewSecretStores, changeSecretStores
    // What they changed, brought to environments; each of them also takes what a deployment takes.
    case viewRollouts, rollOut
    // Environments and what is prepared for them.
    case viewEnvironments, createEnvironment, deleteEnvironment, changeBaseDeployment
    case viewDeltas, changeDeltas
    case viewSets, applyDelta
    case viewValues, changeValues
    // Deployments and what they made.
    case viewPlans, plan
    case viewDeployments, deploy
    case viewActiveResources, deleteActiveResource
    case viewLogs
}
