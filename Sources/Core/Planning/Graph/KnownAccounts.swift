import PlatformModel

/// The accounts that an organisation has, and which of them its drivers take.
package struct KnownAccounts: Sendable {
    /// One of them.
    package struct Account: Sendable {
        package var type: String
        /// Where its credentials are.
        package var credentials: SecretReference

        package init(type: String, credentials: SecretReference) {
            self.type = type
            self.credentials = credentials
        }
    }

    /// By their ids.
    package var accounts: [String: Account]
    /// By driver type; a driver that is not here takes all of them.
    package var typesTaken: [String: [String]]

    package init(accounts: [String: Account] = [:], typesTaken: [String: [String]] = [:]) {
        self.accounts = accounts
        self.typesTaken = typesTaken
    }
}
