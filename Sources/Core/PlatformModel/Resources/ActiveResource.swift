/// A resource that stands in an environment (contract: ActiveResourceResponse).
package struct ActiveResource: Sendable, Hashable, Codable {
    package var orgID: String
    package var appID: String
    package var envID: String
    package var envType: String
    package var type: String
    package var `class`: String
    package var resID: String
    /// Permanent: 40 hex digits; drivers key their state by it.
    package var guResID: String
    package var defID: String
    package var defVersionID: String
    package var criteriaID: String
    package var driverType: String
    package var driverAccount: String?
    /// The deployment that provisioned it last.
    package var deployID: String
    /// `pending`, `active`, `deleting`.
    package var status: String
    /// The outputs that are not secret.
    package var resource: JSON
    /// The secret outputs: name -> SecretReference.
    package var secretRefs: JSON
    package var scheduledDeletion: Bool
    package var updatedAt: Timestamp

    package init(
        context: EnvironmentContext, identity: ResourceIdentity, guResID: String, defID: String, defVersionID: String,
        criteriaID: String, driverType: String, driverAccount: String?, deployID: String, status: String, resource: JSON,
        secretRefs: JSON, scheduledDeletion: Bool = false, updatedAt: Timestamp
    ) {
        self.orgID = context.orgID
        self.appID = context.appID
        self.envID = context.envID
        self.envType = context.envType
        self.type = identity.type
        self.class = identity.class
        self.resID = identity.id
        self.guResID = guResID
        self.defID = defID
        self.defVersionID = defVersionID
        self.criteriaID = criteriaID
        self.driverType = driverType
        self.driverAccount = driverAccount
        self.deployID = deployID
        self.status = status
        self.resource = resource
        self.secretRefs = secretRefs
        self.scheduledDeletion = scheduledDeletion
        self.updatedAt = updatedAt
    }

    package var identity: ResourceIdentity { ResourceIdentity(type: type, class: `class`, id: resID) }

    private enum CodingKeys: String, CodingKey {
        case type, `class`, status, resource
        case orgID = "org_id"
        case appID = "app_id"
        case envID = "env_id"
        case envType = "env_type"
        case resID = "res_id"
        case guResID = "gu_res_id"
        case defID = "def_id"
        case defVersionID = "def_version_id"
        case criteriaID = "criteria_id"
        case driverType = "driver_type"
        case driverAccount = "driver_account"
        case deployID = "deploy_id"
        case secretRefs = "secret_refs"
        case scheduledDeletion = "scheduled_deletion"
        case updatedAt = "updated_at"
    }
}
