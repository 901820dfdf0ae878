/// What an action is about. Attributes are read in the transaction that the action runs in.
package struct AccessTarget: Sendable, Hashable {
    package var orgID: String?
    package var appID: String?
    /// The type of the environment, not its id.
    package var envType: String?

    package init(orgID: String? = nil, appID: String? = nil, envType: String? = nil) {
        self.orgID = orgID
        self.appID = appID
        self.envType = envType
    }
}
