import PlatformModel

/// What an action is about. Attributes are read in the transaction that the action runs in.
package struct AccessTarget: Sendable, Hashable {
    package var orgID: String?
    package var appID: String?
    /// The type of the environment, not its id.
    package var envType: String?
    /// The person or service user that it is about: `user:<id>`, `service:<id>`, or the id alone.
    package var userID: String?

    package init(orgID: String? = nil, appID: String? = nil, envType: String? = nil, userID: String? = nil) {
        self.orgID = orgID
        self.appID = appID
        self.envType = envType
        self.userID = userID
    }

    /// Whether it is about this principal itself. Names do not count here, only ids.
    package func isAbout(_ principal: Principal) -> Bool {
        guard let userID, !userID.isEmpty else { return false }
        return [userID, "user:" + userID, "service:" + userID].contains(principal.id)
    }
}
