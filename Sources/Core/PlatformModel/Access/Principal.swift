/// Roles on an organisation, weakest first (humanitec.md 5.1).
package enum OrgRole: String, Sendable, Codable, CaseIterable {
    case member, artefactContributor, orgViewer, manager, administrator
}

/// Roles on an application, weakest first.
package enum AppRole: String, Sendable, Codable, CaseIterable {
    case viewer, developer, owner
}

/// Roles on an environment type.
package enum EnvTypeRole: String, Sendable, Codable, CaseIterable {
    case deployer
}

/// Roles on the appliance itself, above organisations. Neither reads anything that a tenant has.
package enum ApplianceRole: String, Sendable, Codable, CaseIterable {
    /// Makes, limits, suspends and deletes organisations.
    case administrator
    /// For the day on which nobody else gets in: the same, and it says who administers an organisation.
    case breakGlass
}

/// Who asks, and the roles held in the organisation that the request is about. The gateway makes it; every other room believes it
/// only from the gateway's uid.
package struct Principal: Sendable, Hashable, Codable {
    /// `user:<directory id>` or `service:<id>`.
    package var id: String
    package var name: String
    package var orgID: String?
    /// Every organisation in which a role is held.
    package var memberOf: [String]
    package var orgRole: OrgRole?
    /// Application id -> role.
    package var appRoles: [String: AppRole]
    /// Environment type id -> role.
    package var envTypeRoles: [String: EnvTypeRole]
    /// The session or static token of the request: its id, for the record.
    package var tokenID: String?
    /// Only where the request is about the appliance.
    package var applianceRole: ApplianceRole?

    package init(
        id: String, name: String, orgID: String? = nil, memberOf: [String] = [], orgRole: OrgRole? = nil,
        appRoles: [String: AppRole] = [:],
        envTypeRoles: [String: EnvTypeRole] = [:]
    ) {
        self.id = id
        self.name = name
        self.orgID = orgID
        self.memberOf = memberOf
        self.orgRole = orgRole
        self.appRoles = appRoles
        self.envTypeRoles = envTypeRoles
    }

    private enum CodingKeys: String, CodingKey {
        case id, name
        case orgID = "org_id"
        case memberOf = "member_of"
        case orgRole = "org_role"
        case appRoles = "app_roles"
        case envTypeRoles = "env_type_roles"
        case tokenID = "token_id"
        case applianceRole = "appliance_role"
    }
}
